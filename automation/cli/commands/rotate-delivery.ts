/** Where does the report of a rotation go? To the terminal, and where the options say so into a JSON file and a job's summary. */
import { resolve } from "node:path";
import { requireReportPath, writeReport, type ReportTarget } from "../../env-file/private-file";
import { type CommandContext } from "../command";
import { type Summary } from "../summary";

/** Hands a report over: as data, as text and as Markdown. */
export type Deliver = (report: object, text: string, markdown: string) => Promise<void>;

/** Throws a usage error where `file` could not be written: after the rotation it would be too late to say so. */
export async function openDelivery(
  file: string | undefined,
  summary: Summary,
  { dependencies, output }: CommandContext,
): Promise<Deliver> {
  const { directory, redactor } = dependencies;
  const target: ReportTarget | undefined =
    file === undefined
      ? undefined
      : {
          ...{ path: resolve(directory, file), shown: file, code: "rotation.output_unwritable" },
          hint: "Name another file with --output.",
        };
  if (target) await requireReportPath(target);
  return async (report, text, markdown) => {
    if (target) await writeReport(target, `${JSON.stringify(redactor.redactDeep(report), null, 2)}\n`);
    await summary.add(markdown);
    output.result(report, text);
  };
}
