/** Takes the pictures of docs/images: `npm run docs:pictures`, to be looked at before they are committed. From the fixtures that the specs look at, so that they show what a spec has seen. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions } from "playwright-core";
import { reportPage } from "../../automation/reports/report-page";
import { renderTourPage } from "../../sandbox/tour-page";
import { illReport } from "../automation/reports/report-fixture";
import { startBrowser } from "./browser";
import { tourReport } from "./tour-fixture";

const FOLDER = join(__dirname, "..", "..", "docs", "images");
const LARGEST = 200_000;

/** A picture: of the page from its top, or of one element. */
interface Picture {
  readonly file: string;
  readonly page: () => string;
  readonly options: BrowserContextOptions;
  readonly element?: string;
}

const report = () => reportPage(illReport());
const tour = () => renderTourPage(tourReport());
const PICTURES: readonly Picture[] = [
  { file: "report.png", page: report, options: { viewport: { width: 1120, height: 760 } } },
  { file: "report-timeline.png", page: report, options: { viewport: { width: 1120, height: 760 } }, element: "figure" },
  {
    ...{ file: "report-places.png", page: report, element: "#places .box" },
    options: { viewport: { width: 1120, height: 760 } },
  },
  {
    file: "report-phone-dark.png",
    page: report,
    options: { viewport: { width: 390, height: 760 }, colorScheme: "dark" },
  },
  { file: "sandbox.png", page: tour, options: { viewport: { width: 1120, height: 760 } } },
];

async function take(browser: Browser, { file, page: make, options, element }: Picture): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.setContent(make());
  const png = await (element === undefined ? page : page.locator(element).first()).screenshot();
  await context.close();
  if (png.length > LARGEST) throw new Error(`${file} has ${png.length} bytes, more than ${LARGEST}`);
  await writeFile(join(FOLDER, file), png);
  process.stdout.write(`${file}: ${png.length} bytes\n`);
}

void (async () => {
  const browser = await startBrowser();
  for (const picture of PICTURES) await take(browser, picture);
  await browser.close();
})();
