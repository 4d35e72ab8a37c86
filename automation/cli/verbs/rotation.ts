/** Which options does `rotate` have? */
import { Option } from "commander";
import { parseDuration } from "../duration";
import { collect, yes, type Shared, type Verbs } from "./verb";

type RotateFlags = {
  service?: string[];
  grace: number;
  resume: boolean;
  takeOver: boolean;
  abort: boolean;
  yes: boolean;
  fromFile?: string;
};

/** Declares them. */
export function addRotationVerbs({ verb, act }: Verbs): void {
  verb("rotate", "replace credentials without locking anybody out", "rotate --service snowflake")
    .option("--service <service>", "all, snowflake, gong, vercel or estuary; repeatable (default: all)", collect)
    .addOption(
      new Option("--grace <duration>", "how long the old credential lives on: 0, 30s, 24h")
        .argParser(parseDuration)
        .default(24 * 3_600_000, "24h"),
    )
    .addOption(new Option("--resume", "go on with what is under way, begin nothing").default(false).conflicts("abort"))
    .option("--abort", "go back to the old credential, begin nothing", false)
    .option("--take-over", "go on although another run holds the lock", false)
    .option("--from-file <file>", "JSON with a new pair that a person made; - for standard input")
    .addOption(yes())
    .action((o: Shared & RotateFlags) =>
      act(o, async (c) => {
        const { service: services = [], grace: graceMs, ...rest } = o;
        return (await import("../commands/rotate.js")).runRotate({ ...rest, services, graceMs }, c);
      }),
    );
}
