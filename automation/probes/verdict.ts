/** What is a verdict? Its parts, and the words that several remedies share. */
import { type Service } from "../../services/service";
import { type ProbeClass, type ProbeOutcome } from "./result";

/** What a verdict is about. All of it is shown, so it holds names, never values of secrets. */
export interface Subject {
  readonly service: Pick<Service, "name" | "title" | "docs" | "rotation">;
  /** Variables (or settings) that the verdict points at. */
  readonly names: readonly string[];
  /** HTTP status, a vendor's error number or the operating system's word for a failed connection. */
  readonly code?: string | number;
  /** What the failed step proves: `list users`. */
  readonly purpose?: string;
  /** Variables that say what was asked for, where the credential may be the right one for something else. */
  readonly about?: readonly string[];
  /** What the vendor calls the right that is missing. */
  readonly scope?: string;
  /** A SQL statement that puts it right. */
  readonly statement?: string;
  /** Seconds of the deadline, or seconds that the service asked to wait. */
  readonly seconds?: number;
}

/** What comes out, and what is said of it. */
export interface Verdict {
  readonly outcome: ProbeOutcome;
  readonly class?: ProbeClass;
  readonly refused?: true;
  /** @default true for unknown outcomes, and for refusals because a new credential takes a moment to be known everywhere */
  readonly retry?: boolean;
  readonly reason: (subject: Subject) => string;
  readonly remedy?: (subject: Subject) => string;
}

/** The names, in words. */
export const list = ({ names }: Subject): string => names.join(" and ");
/** What the service is called. */
export const title = ({ service }: Subject): string => service.title;
/** How the credentials are replaced. */
export const renew = ({ service }: Subject): string =>
  service.rotation
    ? `if they are out of date, run: npx sophia-secrets rotate --service ${service.name}`
    : `if they are out of date, make new ones: ${service.docs}`;
