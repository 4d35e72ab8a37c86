/** What does a person see of our pages? Each is opened in a real Chromium: at the width of a phone and of a desk, light, dark, and on paper. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { source as axe } from "axe-core";
import { type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { auditPage } from "../../../automation/reports/audit-html";
import { reportPage } from "../../../automation/reports/report-page";
import { renderTourPage } from "../../../sandbox/tour-page";
import { startBrowser } from "../../support/browser";
import { contrast } from "../../support/pages";
import { tourReport } from "../../support/tour-fixture";
import { auditFixture } from "../audit/fixture";
import { illReport, wellReport } from "./report-fixture";

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const PAGES = {
  "the report of a stack that is ill": () => reportPage(illReport()),
  "the report of a stack that is well": () => reportPage(wellReport()),
  "the audit's page": () => auditPage(auditFixture()),
  "the sandbox's page": () => renderTourPage(tourReport()),
};

/** A page that is open, and all that it asked for and complained about. */
interface Opened {
  readonly page: Page;
  readonly requests: readonly string[];
  /** Why a request was not even sent: `csp`. */
  readonly refusals: readonly string[];
  readonly complaints: readonly string[];
}

describe("in a browser", function () {
  this.timeout(120_000);
  let browser: Browser;
  let folder: string;
  const files = new Map<string, string>();

  before(async () => {
    browser = await startBrowser();
    folder = await mkdtemp(join(tmpdir(), "sophia-pages-"));
    for (const [name, make] of Object.entries(PAGES)) {
      const file = join(folder, `${name.replaceAll(/\W+/g, "-")}.html`);
      await writeFile(file, make());
      files.set(name, pathToFileURL(file).href);
    }
  });
  after(async () => {
    await browser?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** Opens a page from its file, as a person does. */
  async function open(name: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await browser.newContext({ viewport: DESK, ...options });
    const page = await context.newPage();
    const [requests, refusals, complaints]: [string[], string[], string[]] = [[], [], []];
    page.on("request", (request) => void requests.push(request.url()));
    page.on("requestfailed", (request) => void refusals.push(request.failure()?.errorText ?? ""));
    page.on("console", (message) => void complaints.push(message.text()));
    page.on("pageerror", (error) => void complaints.push(String(error)));
    await page.goto(files.get(name) ?? "");
    return { page, requests, refusals, complaints };
  }

  for (const name of Object.keys(PAGES).filter((one) => !one.endsWith("well"))) {
    describe(`${name}, on a desk`, () => {
      let opened: Opened;
      let page: Page;
      before(async () => ({ page } = opened = await open(name, { reducedMotion: "reduce" })));
      after(() => page?.context().close());

      it("asks for nothing but itself and complains about nothing", () => {
        assert.deepEqual(opened.requests, [files.get(name)]);
        assert.deepEqual(opened.complaints, []);
      });

      it("has nothing that axe knows to be hard to use", async () => assert.deepEqual(await axeFindings(page), []));

      it("is light, and every text has its contrast, as the browser computes it", async () => {
        assert.ok((await groundOf(page)) > 200);
        assert.deepEqual(await faintTexts(page), []);
      });

      it("does not move", async () => assert.equal(await ask(page, "document.getAnimations().length"), 0));

      it("is reached by the keyboard from top to bottom, in the order in which it is read", async () => {
        const stops: number[] = [];
        for (let stop = 0; stop < 12; stop++) {
          await page.keyboard.press("Tab");
          const isOver = await ask<boolean>(page, "document.activeElement === document.body");
          if (isOver) break;
          stops.push(await ask<number>(page, "document.activeElement.getBoundingClientRect().top + scrollY"));
        }
        assert.ok(stops.length >= 5);
        assert.deepEqual(
          stops,
          [...stops].sort((left, right) => left - right),
        );
      });

      it("is printed whole: every section, dark on light, nothing cut off at the side", async () => {
        await page.emulateMedia({ media: "print", colorScheme: "dark" });
        await page.setViewportSize({ width: 720, height: 1000 });
        const [red = 255] = await ask<number[]>(page, `(${RGB})(getComputedStyle(document.body).color)`);
        assert.ok(red < 128, "dark text on paper, though the screen is dark");
        const heights = await ask<number[]>(
          page,
          '[...document.querySelectorAll("main > section")].map((one) => one.getBoundingClientRect().height)',
        );
        assert.ok(heights.length >= 5 && heights.every((height) => height > 30), heights.join());
        assert.ok((await ask<number>(page, "document.documentElement.scrollWidth")) <= 720, "fits the paper");
        const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
        const sheets = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
        assert.ok(sheets >= 2 && sheets <= 10, `${sheets} sheets of paper`);
        await page.emulateMedia({ media: "screen", colorScheme: "light" });
      });

      it("runs no script that somebody gets into it, and takes no style and no picture", async () => {
        await ask(
          page,
          `{
            const script = document.createElement("script");
            script.textContent = "document.title = 'taken over'";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend",
              '<img src="http://127.0.0.1:9/x" onerror="document.title = 1"><p id="styled" style="color: rgb(1, 2, 3)">x</p>');
          }`,
        );
        while (opened.refusals.length === 0) await page.waitForEvent("requestfailed");
        assert.doesNotMatch(await page.title(), /taken over|^1$/);
        assert.notEqual(await ask(page, 'getComputedStyle(document.getElementById("styled")).color'), "rgb(1, 2, 3)");
        assert.deepEqual(opened.refusals, ["csp"]);
        for (const what of ["inline script", "inline style", "loading the image"])
          assert.ok(
            opened.complaints.some((text) => new RegExp(`${what}.*Content Security Policy`, "is").test(text)),
            `${what}: ${opened.complaints.join("\n")}`,
          );
      });
    });

    describe(`${name}, on a phone in the dark`, () => {
      let page: Page;
      before(async () => ({ page } = await open(name, { viewport: PHONE, colorScheme: "dark" })));
      after(() => page?.context().close());

      it("has nothing that axe knows to be hard to use", async () => assert.deepEqual(await axeFindings(page), []));

      it("is dark, and every text has its contrast", async () => {
        assert.ok((await groundOf(page)) < 50);
        assert.deepEqual(await faintTexts(page), []);
      });

      it("fits: only boxes scroll sideways, and the keyboard reaches those", async () => {
        assert.equal(await ask<number>(page, "document.documentElement.scrollWidth"), PHONE.width);
        const unreachable = await ask<string[]>(
          page,
          `[...document.querySelectorAll("body *")]
            .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === "auto" && one.tabIndex < 0)
            .map((one) => one.outerHTML.slice(0, 80))`,
        );
        assert.deepEqual(unreachable, []);
      });
    });
  }

  describe("the report of a stack that is ill", () => {
    let page: Page;
    before(async () => ({ page } = await open("the report of a stack that is ill", { viewport: PHONE })));
    after(() => page?.context().close());

    it("says at a glance what is wrong: before anybody scrolls, on a phone too", async () => {
      const verdict = page.getByRole("heading", { level: 1 });
      assert.equal(await verdict.innerText(), "6 things are wrong on stack development, and 3 things need attention.");
      const [red = 0, green = 0] = await ask<number[]>(
        page,
        `(${RGB})(getComputedStyle(document.querySelector("h1 .mark")).color)`,
      );
      assert.ok(red > green + 80, "in the colour of what is wrong");
      assert.equal(await ask(page, 'document.querySelector("h1 use").getAttribute("href")'), "#mark-bad");
      for (const text of ["First: Finish the rotation of snowflake (draining)", "9 things", "45 of 51"]) {
        const { y = Infinity } = (await page.getByText(text).first().boundingBox()) ?? {};
        assert.ok(y < PHONE.height * 0.75, `${text}: at ${y}`);
      }
    });

    it("has what it draws in the accessibility tree, in words", async () => {
      const tree = await page.locator("body").ariaSnapshot();
      for (const landmark of ["banner", 'navigation "Contents"', "main", "contentinfo"])
        assert.match(tree, new RegExp(`- ${landmark}`), landmark);
      const timeline =
        /img "slot a: generation 1 in use from earlier on to [^"]*; generation 1 old one, still alive from/;
      assert.match(tree, timeline);
      assert.match(tree, /img "119 days old, limit 30 days"/);
      assert.match(tree, /table "Variables and the places that hold them"/);
      assert.match(tree, /row "ESTUARY_API_KEY in step in step not sent edited outside written after our last write/);
      assert.match(tree, /heading "Wrong now 6 things" \[level=3\]/);
      assert.match(tree, /code: npx sophia-secrets rotate --service snowflake --resume --stack development/);
    });

    it("draws old and new credential side by side: their bars overlap in time", async () => {
      const lanes = page.locator(".lane-group", { hasText: "Snowflake" }).locator(".lane");
      const box = async (lane: number, look: string) =>
        (await lanes.nth(lane).locator(`rect.${look}`).last().boundingBox()) ?? assert.fail(look);
      const [fresh, old] = [await box(0, "current"), await box(1, "previous")];
      assert.ok(Math.min(old.width, fresh.width) >= 3, "both are seen");
      assert.ok(old.x < fresh.x + fresh.width && fresh.x < old.x + old.width, "at the same time");
    });

    it("tells every status of a copy by a shape of its own", async () => {
      const shapes = await ask<Record<string, string>>(
        page,
        `Object.fromEntries([...document.querySelectorAll("#places .legend .mark")]
          .map((one) => [one.textContent.trim(), one.querySelector("use").getAttribute("href")]))`,
      );
      const words = ["behind", "edited outside", "foreign", "in step", "missing", "shadowed"];
      assert.deepEqual(Object.keys(shapes).sort(), words);
      assert.equal(new Set(Object.values(shapes)).size, words.length);
    });

    it("can be photographed", async () => {
      const png = await page.screenshot();
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [PHONE.width, PHONE.height]);
    });
  });

  it("the report of a stack that is well says so, and marks nothing", async () => {
    const { page } = await open("the report of a stack that is well");
    const verdict = page.getByRole("heading", { level: 1 });
    assert.equal(await verdict.innerText(), "All is in order on stack development.");
    assert.equal(await page.locator("main .bad, main .warn, header .bad, header .warn").count(), 0);
    assert.match(await page.locator("#todo").innerText(), /^What to do\s+Nothing\.$/);
    await page.context().close();
  });
});

const RGB = "(text) => text.match(/[\\d.]+/g).map(Number)";

/** What the page's own world answers. By the debugger, which no content security policy binds. */
async function ask<T>(page: Page, expression: string): Promise<T> {
  const session = await page.context().newCDPSession(page);
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    ...{ expression, returnByValue: true, awaitPromise: true },
  });
  await session.detach();
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value as T;
}

/** https://github.com/dequelabs/axe-core: WCAG 2.2 A and AA, and its best practices. */
async function axeFindings(page: Page): Promise<string[]> {
  await ask(page, axe);
  return ask<string[]>(
    page,
    `axe.run(document).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 120))))`,
  );
}

/** How light the page's ground is, from 0 to 255. */
async function groundOf(page: Page): Promise<number> {
  const parts = await ask<number[]>(page, `(${RGB})(getComputedStyle(document.body).backgroundColor)`);
  return parts[0] ?? Number.NaN;
}

/** Texts with less contrast than WCAG AA asks for, each with the ratio. */
async function faintTexts(page: Page): Promise<string[]> {
  const texts = await ask<[text: string, colour: number[], ground: number[], isLarge: boolean][]>(
    page,
    `[...document.querySelectorAll("body *")]
      .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "") && !one.closest("style, title, desc"))
      .map((one) => {
        const rgb = ${RGB};
        let ground = one;
        const isClear = (style) => rgb(style.backgroundColor)[3] === 0;
        while (ground !== document.documentElement && isClear(getComputedStyle(ground))) ground = ground.parentElement;
        const style = getComputedStyle(one);
        const colour = one instanceof SVGElement ? style.fill : style.color;
        return [one.textContent.trim().slice(0, 40), rgb(colour), rgb(getComputedStyle(ground).backgroundColor), parseFloat(style.fontSize) >= 24];
      })`,
  );
  assert.ok(texts.length > 50, "there are texts");
  return texts.flatMap(([text, colour, ground, isLarge]) => {
    const ratio = contrast(colour.slice(0, 3), ground.slice(0, 3));
    return ratio >= (isLarge ? 3 : 4.5) ? [] : [`${text}: ${ratio.toFixed(2)}`];
  });
}
