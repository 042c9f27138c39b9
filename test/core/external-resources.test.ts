import { Readable } from "node:stream";
import should from "should";
import { externalResources } from "../../dist/core/content/external-resources.js";
import { liveMemory } from "../support/live-memory.ts";

const PAGE = `<!doctype html><html><head>
<link rel="stylesheet" href="https://cdn.example.com/a.css"><link rel=icon href=//cdn.example.com/i.ico>
<style>@import "https://cdn.example.com/b.css"; body { background: url('https://cdn.example.com/bg.png') }</style>
<script src='https://cdn.example.com/s.js'></script></head>
<body background="http://example.com/back.gif">
<a href="https://example.com/follow">a link</a> <img src="cid:logo"> <img src="data:image/png;base64,AAAA"> <img src="local.png">
<img alt="a > b" src="https://img.example.com/p.png?a=1&amp;b=2"><IMG SRC=https://img.example.com/q.png>
<img srcset="https://img.example.com/1x.png 1x, https://img.example.com/2x.png 2x">
<div style="background-image:url(https://img.example.com/div.png)">https://example.com/text</div>
<img src="https://img.example.com/q.png"></body></html>`;
const FOUND = [
  "https://cdn.example.com/a.css",
  "//cdn.example.com/i.ico",
  "https://cdn.example.com/b.css",
  "https://cdn.example.com/bg.png",
  "https://cdn.example.com/s.js",
  "http://example.com/back.gif",
  "https://img.example.com/p.png?a=1&b=2",
  "https://img.example.com/q.png",
  "https://img.example.com/1x.png",
  "https://img.example.com/2x.png",
  "https://img.example.com/div.png",
];

describe("external resources of a page", () => {
  const inPieces = (text: string, size: number) => {
    const bytes = Buffer.from(text);
    return Readable.from(Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size)));
  };

  for (const size of [1, 7, 64, 100_000]) {
    it(`are found wherever the bytes are cut, here every ${size}`, async () => {
      should(await externalResources(inPieces(PAGE, size))).eql(FOUND);
    });
  }

  it("are none in a text, and an end in the middle of a tag does no harm", async () => {
    should(await externalResources(inPieces("a < b, see https://example.com", 5))).eql([]);
    should(await externalResources(inPieces('<img src="https://example.com/x.png"><img src="https://exam', 5))).eql([
      "https://example.com/x.png",
    ]);
  });

  it("do not let a page without an end of a tag fill the memory", async () => {
    const before = liveMemory();
    let most = 0;
    const endless = Readable.from(
      (function* () {
        for (let piece = 0; piece < 3_000; piece += 1) {
          if (piece % 500 === 0) most = Math.max(most, liveMemory());
          yield Buffer.from(`<${"x".repeat(100_000)}`);
        }
      })(),
    );
    should(await externalResources(endless)).eql([]);
    should(most - before).be.below(64e6);
  });
});
