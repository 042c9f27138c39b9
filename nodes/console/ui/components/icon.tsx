/** The console's own drawings: 20 by 20, in the colour of the text. */
const drawings = {
  live: "M2 11h4l2.5-6 3.5 10 2.2-5H18",
  failures: "M10 3 2.5 16.5h15zM10 8.5v3.6M10 14.4v.1",
  documents: "M5 2.5h6.5L15.5 6.5v11h-10.5zM11.5 2.5v4h4M8 10.5h5M8 13.5h5",
  holds: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM8 7.2v5.6M12 7.2v5.6",
  tables: "M3 5h5c3 0 3 10 6 10h3M14.5 12.5 17 15l-2.5 2.5M3 15h4M12 5h5M14.5 2.5 17 5l-2.5 2.5",
  audit: "M10 2.5 16.5 5v4.5c0 4-2.7 6.8-6.5 8-3.8-1.2-6.5-4-6.5-8V5zM7 9.8l2.2 2.2L13.2 8",
  search: "M8.8 3.5a5.3 5.3 0 1 0 0 10.6 5.3 5.3 0 0 0 0-10.6zM12.8 12.8 17 17",
  check: "M4 10.5 8 14.5 16 5.5",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12 4.5 6.5 10l5.5 5.5",
  forward: "M8 4.5 13.5 10 8 15.5",
  down: "M4.5 7.5 10 13l5.5-5.5",
  up: "M4.5 12.5 10 7l5.5 5.5",
  download: "M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13",
  upload: "M10 13V3.5M6 7l4-4 4 4M3.5 16.5h13",
  external: "M11.5 3.5h5v5M16.5 3.5 9 11M14 11.5v5H3.5V6H9",
  retry: "M16 10a6 6 0 1 1-1.9-4.4M16.5 2.5v3.6h-3.6",
  replay: "M4 4.5v11M7 10l9.5-5.5v11z",
  reroute: "M3 15.5c7 0 5-9 12-9M12.5 3.5l3 3-3 3M3 5.5c2.4 0 3.6 1 4.4 2.4",
  reject: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM4.8 4.8l10.4 10.4",
  release: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM8.3 6.8l4.9 3.2-4.9 3.2z",
  info: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 9.2v4.4M10 6.4v.1",
  warning: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v5M10 13.6v.1",
  offline:
    "M3 3l14 14M6.3 11.6a5.5 5.5 0 0 1 2-1.3M3.4 8.3a9.6 9.6 0 0 1 3-1.9M10 6a9.6 9.6 0 0 1 6.6 2.3M12.5 10.6c.4.3.8.6 1.2 1M10 15v.1",
  light:
    "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.4 4.4l1.1 1.1M14.5 14.5l1.1 1.1M15.6 4.4l-1.1 1.1M5.5 14.5l-1.1 1.1",
  dark: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  signOut: "M12 3.5H4v13h8M8.5 10H17M14 7l3 3-3 3",
  editor: "M2.5 4.5h6v4h-6zM11.5 11.5h6v4h-6zM8.5 6.5h3c2 0 2 7 0 7",
  copy: "M7 7h9.5v9.5H7zM13 7V3.5H3.5V13H7",
  plus: "M10 4v12M4 10h12",
  trash: "M3.5 5.5h13M8 5.5v-2h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5",
  drag: "M7.5 5v.1M12.5 5v.1M7.5 10v.1M12.5 10v.1M7.5 15v.1M12.5 15v.1",
  edit: "M4 16l.8-3.6L13.5 3.7l2.8 2.8-8.7 8.7zM11.5 5.7l2.8 2.8",
  history: "M4 10a6 6 0 1 0 1.9-4.4M3.5 2.5v3.6h3.6M10 6.8V10l2.5 1.8",
  play: "M6 4l10 6-10 6z",
  undo: "M7 4 3.5 7.5 7 11M3.5 7.5h8a4.5 4.5 0 0 1 0 9H8",
  redo: "M13 4l3.5 3.5L13 11M16.5 7.5h-8a4.5 4.5 0 0 0 0 9H12",
  link: "M8.5 11.5l3-3M7.5 8.5l-2.4 2.4a2.8 2.8 0 0 0 4 4l2.4-2.4M12.5 11.5l2.4-2.4a2.8 2.8 0 0 0-4-4L8.5 7.5",
} as const;

export type IconName = keyof typeof drawings;

/** Says nothing to a screen reader: a text beside it, or the label of its button, does. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}
