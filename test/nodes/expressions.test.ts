import { createRequire } from "node:module";
import type { Node, NodeAPI } from "node-red";
import should from "should";
import { boundedExpressions, type ExpressionLimits } from "../../dist/runtime/expressions.js";

const load = createRequire(import.meta.url);

/** A node with a flow context whose values come after `milliseconds`, or never, as from a store on another machine. */
function nodeWithContext(milliseconds: number): Node {
  const get = (key: string, _: unknown, done: (error: null, value: string) => void) => {
    if (Number.isFinite(milliseconds)) setTimeout(() => done(null, `value of ${key}`), milliseconds);
  };
  return { context: () => ({ flow: { get } }) } as unknown as Node;
}

for (const version of ["node-red", "node-red-4"]) {
  describe(`JSONata within bounds, on ${version}`, () => {
    const RED = load(version) as Pick<NodeAPI, "util">;
    const evaluate = (expression: string, input: object = {}, limits: ExpressionLimits = {}, node?: Node) =>
      boundedExpressions(RED, node, limits)(expression)(input);
    const refused = async (expression: string, input: object = {}, limits: ExpressionLimits = {}, node?: Node): Promise<Error> => {
      const error = await evaluate(expression, input, limits, node).then(
        () => new Error("it was not refused"),
        (thrown: Error) => thrown,
      );
      should(error).be.instanceOf(Error);
      return error;
    };
    const TOO_LONG = "JSONata was stopped because it took too long";

    it("evaluates what Node-RED evaluates", async () => {
      const input = { metadata: { parts: [{ pages: 2 }, { pages: 3 }], name: "Ärger & Söhne" }, source: { jobId: "J1" } };
      should(await evaluate("$sum(metadata.parts.pages)", input)).equal(5);
      should(await evaluate("metadata.missing", input)).equal(undefined);
      should(await evaluate('metadata.{"n": name}', input)).eql({ n: "Ärger & Söhne" });
      should(await evaluate("$map([1..1000], function($n) { $n * 2 })[999]")).equal(2000);
      should(await evaluate("($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(10))")).equal(3628800);
    });

    it("reads the environment and context", async () => {
      process.env.DOCBRIDGE_TEST_JSONATA = "north";
      should(await evaluate('$env("DOCBRIDGE_TEST_JSONATA")')).equal("north");
      delete process.env.DOCBRIDGE_TEST_JSONATA;
      should(await evaluate('$flowContext("a")', {}, {}, nodeWithContext(5))).equal("value of a");
    });

    it("lets an expression wait longer than it may compute, but not for ever", async () => {
      should(await evaluate('$flowContext("a")', {}, { computeMs: 50, waitMs: 10_000 }, nodeWithContext(200))).equal("value of a");
      (await refused('$flowContext("a")', {}, { waitMs: 20 }, nodeWithContext(Number.POSITIVE_INFINITY))).message.should.equal(TOO_LONG);
    });

    it("stops an endless loop", async () => {
      (await refused("($f := function($n) { $f($n + 1) }; $f(0))")).message.should.equal(TOO_LONG);
      (await refused('$eval("($f := function($n) { $f($n + 1) }; $f(0))")')).message.should.equal(TOO_LONG);
    });

    it("stops an endless recursion", async () => {
      const error = await refused("($f := function($n) { $f($n + 1) + 1 }; $f(0))", {}, { computeMs: 60_000 });
      error.message.should.equal("JSONata was stopped because it is nested too deeply");
    });

    it("stops what makes too much data", async () => {
      await refused("[1..10000000]");
      await refused("$map([1..10000000], function($n) { $n })");
      (await refused("[1..1000].([1..1000])", {}, { computeMs: 60_000 })).message.should.match(/too much data/);
      const doubling = '($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f("ab", 28)))';
      (await refused(doubling, {}, { computeMs: 60_000 })).message.should.match(/too much data/);
      should(await evaluate("$count([1..100000])", {}, { computeMs: 60_000 })).equal(100_000);
    });

    it("does not charge an expression with the time of those that run beside it", async () => {
      const many = Array.from({ length: 2_000 }, (_, at) => evaluate("$sum([1..40]) + x", { x: at }, { computeMs: 60, waitMs: 60_000 }));
      should(await Promise.all(many)).eql(many.map((_, at) => 820 + at));
    });

    it("runs regular expressions in linear time", async () => {
      const text = `${"a".repeat(5_000)}b`;
      should(await evaluate("$contains(text, /^(a+)+$/)", { text }, { computeMs: 60_000 })).equal(false);
      should(await evaluate('$eval("$contains(text, /^(a+)+$/)")', { text }, { computeMs: 60_000 })).equal(false);
    });

    it("matches, splits and replaces as JSONata does", async () => {
      const input = { text: "ab12 Cd34" };
      should(await evaluate("$join($match(text, /([a-z]+)(\\d+)/i).groups, ',')", input)).equal("ab,12,Cd,34");
      should(await evaluate("$join($split(text, /\\s/), ',')", input)).equal("ab12,Cd34");
      should(await evaluate('$replace(text, /(\\d)(\\d)/, "$2$1")', input)).equal("ab21 Cd43");
      should(await evaluate("(text ~> /[A-Z]d/).match", input)).equal("Cd");
      should(await evaluate("$match('a\nb', /^b$/m).index", input)).equal(2);
      should(await evaluate("$filter(['ab', 'cd'], /c/)", input)).equal("cd");
      (await refused("$match(text, /x*/)", input)).should.have.property("code", "D1004");
    });

    it("explains an expression it cannot prepare", () => {
      const prepare = boundedExpressions(RED);
      should(() => prepare("metadata.a +")).throw(/^Unexpected end of expression \(at position \d+\)\.$/);
      should(() => prepare("$contains(a, /(?=b)/)")).throw(/\(\?=/);
    });

    it("says where an expression failed, without the values it met", async () => {
      const error = await refused("1 + metadata.secret", { metadata: { secret: "top-secret" } });
      error.message.should.equal("JSONata failed at position 3");
      error.should.have.property("code", "T2002");
      JSON.stringify({ ...error, stack: error.stack }).should.not.match(/top-secret/);
    });

    it("does not try an expression that ran out of time again and again", async () => {
      const evaluateLoop = boundedExpressions(RED, undefined, { computeMs: 300 })("($f := function($n) { $f($n + 1) }; $f(0))");
      for (let time = 0; time < 3; time += 1) await evaluateLoop({}).should.be.rejectedWith(TOO_LONG);
      // With the loop, these would take hours.
      for (let time = 0; time < 10_000; time += 1) await evaluateLoop({}).should.be.rejectedWith(TOO_LONG);
    });
  });
}
