/** How is the intake changed? Read-modify-write with the ETag that was read; a foreign change in between is merged or noticed. */
import { AutomationError, EXIT, usageError } from "../errors";
import { type EscClient } from "./client";
import { applyEdits, parseIntake, type Intake, type IntakeEdit } from "./intake";

/** The intake as it was read: values and the ETag that the next write must carry. */
export interface IntakeState {
  readonly intake: Intake;
  readonly yaml: string;
  readonly etag: string;
  readonly revision: number;
}

/** Which edits a state asks for. */
export type Decide = (state: IntakeState) => readonly IntakeEdit[];

const ATTEMPTS = 5;

/** The intake environment of one stack. */
export class IntakeStore {
  constructor(
    private readonly client: EscClient,
    readonly environment: string,
  ) {}

  /**
   * The intake as it was at an earlier revision; undefined where the service no longer has that revision, or never had it.
   */
  async at(revision: number): Promise<Intake | undefined> {
    const values = await this.client.open(this.environment, String(revision));
    return values && parseIntake(values, this.fullName);
  }

  /** Reads definition and values of one and the same revision, or undefined when there is no such environment. */
  async find(): Promise<IntakeState | undefined> {
    const definition = await this.client.read(this.environment);
    if (!definition) return undefined;
    const values = await this.client.open(this.environment, String(definition.revision));
    // Deleted in between. Read as empty, it would look like a stack that was never rotated.
    if (!values) return undefined;
    return { ...definition, intake: parseIntake(values, this.fullName) };
  }

  /** Like {@link IntakeStore.find}; throws a usage error that says how to make the environment. */
  async require(): Promise<IntakeState> {
    const state = await this.find();
    if (state) return state;
    throw new AutomationError({
      code: "intake.missing",
      exitCode: EXIT.notFound,
      message: `There is no ESC environment ${this.fullName}; nothing was changed.`,
      hint: `Put the stack's values in first: npx sophia-secrets import-env --env-file .env --stack ${this.stackName}`,
    });
  }

  /** Makes the environment when it is missing; true when it was. */
  async create(): Promise<boolean> {
    return this.client.create(this.environment);
  }

  /**
   * Writes the edits that `decide` returns for the state that is there, and reads what is there then; see {@link IntakeStore.write}.
   */
  async change(decide: Decide): Promise<IntakeState> {
    const { state } = await this.write(decide);
    return state ?? this.require();
  }

  /**
   * Writes the edits that `decide` returns for the state that is there; on a conflict it reads again and asks again.
   * `decide` is the fence: it throws when what it finds no longer allows the change. No edits, no write: then the state that was read comes back too.
   * `known` is a state that was read before and saves reading it first: were it out of date, its ETag would bring about a conflict.
   */
  async write(
    decide: Decide,
    known?: IntakeState,
  ): Promise<{ readonly revision: number; readonly state?: IntakeState }> {
    let first = known;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const state: IntakeState = first ?? (await this.require());
      first = undefined;
      const edits = decide(state);
      if (edits.length === 0) return { revision: state.revision, state };
      const result = await this.client.update(
        this.environment,
        applyEdits(state.yaml, edits, this.fullName),
        state.etag,
      );
      if (result.outcome === "written") return { revision: result.revision };
      if (result.outcome === "refused") {
        throw usageError(
          "intake.refused",
          `ESC refused the change of ${this.fullName}: ${result.diagnostics.join("; ")}. Nothing was changed.`,
          `Look at it with: pulumi env edit ${this.fullName}`,
        );
      }
    }
    throw new AutomationError({
      code: "intake.conflict",
      exitCode: EXIT.locked,
      message: `${this.fullName} was changed by somebody else ${ATTEMPTS} times in a row; nothing was changed by this run.`,
      hint: "Run the same command again when the other run has ended.",
    });
  }

  /** organization/project/environment, for messages. */
  get fullName(): string {
    return this.client.fullName(this.environment);
  }

  private get stackName(): string {
    return this.environment.replace(/-intake$/, "");
  }
}
