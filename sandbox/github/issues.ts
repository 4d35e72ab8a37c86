/** Which issues and comments are there, and who wrote them? Of all repositories; a pull request is an issue, too, as at GitHub. */
import { failure, notFound } from "./replies";

/** The rights of a job's `GITHUB_TOKEN` (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions). */
export interface JobPermissions {
  readonly issues?: "read" | "write";
  readonly "pull-requests"?: "read" | "write";
}

/** Somebody who writes. */
export interface Author {
  readonly login: string;
  readonly type: "User" | "Bot";
}

/** What a job's token writes as. */
export const JOB_AUTHOR: Author = { login: "github-actions[bot]", type: "Bot" };

/** One comment. */
export interface Comment {
  readonly id: number;
  body: string;
  readonly author: Author;
}

/** One issue or pull request. */
export interface Issue {
  readonly number: number;
  readonly isPullRequest: boolean;
  readonly author: Author;
  readonly labels: readonly string[];
  readonly comments: Comment[];
  title: string;
  body: string;
  state: "open" | "closed";
  stateReason: string | null;
}

/** The longest body that GitHub takes, in characters. */
const LONGEST_BODY = 65_536;

/** Issues by repository, in the order in which they were opened. */
export class IssueBook {
  private readonly issues = new Map<string, Issue[]>();
  private readonly jobTokens = new Map<string, JobPermissions>();
  private nextCommentId = 7_000_001;

  /** The token is a job's from now on. */
  setJobToken(token: string, permissions: JobPermissions): void {
    this.jobTokens.set(token, permissions);
  }

  /** Undefined for the token of a person. */
  permissionsOf(token: string | undefined): JobPermissions | undefined {
    return token === undefined ? undefined : this.jobTokens.get(token);
  }

  list(repository: string): readonly Issue[] {
    return this.issues.get(repository) ?? [];
  }

  /** Throws 422 as {@link checkBody}. */
  open(repository: string, issue: Pick<Issue, "title" | "body" | "author" | "labels" | "isPullRequest">): Issue {
    checkBody(issue.body);
    const made: Issue = {
      ...issue,
      number: this.list(repository).length + 1,
      comments: [],
      state: "open",
      stateReason: null,
    };
    this.issues.set(repository, [...this.list(repository), made]);
    return made;
  }

  /** Throws 404. */
  require(repository: string, number: string): Issue {
    const found = this.list(repository).find((issue) => String(issue.number) === number);
    if (!found) throw notFound();
    return found;
  }

  /** Throws 422 as {@link checkBody}. */
  comment(issue: Issue, author: Author, body: string): Comment {
    checkBody(body);
    const made = { id: this.nextCommentId++, author, body };
    issue.comments.push(made);
    return made;
  }

  /** Throws 404. */
  requireComment(repository: string, id: string): { readonly issue: Issue; readonly comment: Comment } {
    for (const issue of this.list(repository)) {
      const comment = issue.comments.find((one) => String(one.id) === id);
      if (comment) return { issue, comment };
    }
    throw notFound();
  }
}

/** Throws 422 for a body that is too long, as GitHub does. */
export function checkBody(body: string): void {
  if (body.length > LONGEST_BODY) throw failure(422, `body is too long (maximum is ${LONGEST_BODY} characters)`);
}
