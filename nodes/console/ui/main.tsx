import { render } from "preact";
import { App } from "./app.tsx";
import { language } from "./i18n.ts";
import { applyTheme } from "./theme.ts";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/controls.css";
import "./styles/table.css";
import "./styles/tables.css";
import "./styles/rules.css";
import "./styles/live.css";
import "./styles/documents.css";
import "uplot/dist/uPlot.min.css";

document.documentElement.lang = language;
applyTheme();
render(<App />, document.body);
