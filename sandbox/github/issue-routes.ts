/** Which requests read and write issues and comments? A job's token may what its permissions say; a person's may everything. */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { bearerOf, type Access } from "./access";
import { checkBody, JOB_AUTHOR, type Author, type Comment, type Issue, type IssueBook } from "./issues";
import { failure, ORDINARY_PAGE, pageReply } from "./replies";
import { type GitHubState } from "./state";

const BASE = "/api/v3/repos/:owner/:repo/issues";

/** https://docs.github.com/rest/issues/issues · https://docs.github.com/rest/issues/comments */
export function issueRoutes(state: GitHubState, access: Access, book: IssueBook): Route[] {
  const nameOf = (request: StandInRequest) => access.repository(request, "read").name;
  const issueOf = (request: StandInRequest) => book.require(nameOf(request), request.params["number"] ?? "");
  const commentsPath = `${BASE}/:number/comments`;
  const commentPath = `${BASE}/comments/:comment`;
  return [
    {
      method: "GET",
      path: BASE,
      handle: (request) => {
        requireRight(request, book, "read", "issues");
        const found = sorted(filtered(book.list(nameOf(request)), request.query), request.query);
        return pageReply(request, found, ORDINARY_PAGE, (slice) => slice.map(issueBody));
      },
    },
    {
      method: "POST",
      path: BASE,
      handle: (request) => {
        requireRight(request, book, "write", "issues");
        const { title, body = "", labels = [] } = request.json<{ title?: string; body?: string; labels?: string[] }>();
        if (!title) throw failure(422, "Validation Failed");
        const author = authorOf(request, book, state);
        const made = book.open(nameOf(request), { title, body, labels, author, isPullRequest: false });
        return { status: 201, body: issueBody(made) };
      },
    },
    {
      method: "PATCH",
      path: `${BASE}/:number`,
      handle: (request) => {
        requireRight(request, book, "write", "issues");
        const issue = issueOf(request);
        const change = request.json<{ title?: string; body?: string; state?: Issue["state"]; state_reason?: string }>();
        if (change.body !== undefined) checkBody(change.body);
        issue.title = change.title ?? issue.title;
        issue.body = change.body ?? issue.body;
        issue.state = change.state ?? issue.state;
        issue.stateReason = issue.state === "open" ? null : (change.state_reason ?? issue.stateReason ?? "completed");
        return { status: 200, body: issueBody(issue) };
      },
    },
    {
      method: "GET",
      path: commentsPath,
      handle: (request) => {
        const issue = issueOf(request);
        requireRight(request, book, "read", ...rightsOn(issue));
        return pageReply(request, issue.comments, ORDINARY_PAGE, (slice) => slice.map(commentBody));
      },
    },
    {
      method: "POST",
      path: commentsPath,
      handle: (request) => {
        const issue = issueOf(request);
        requireRight(request, book, "write", ...rightsOn(issue));
        const made = book.comment(issue, authorOf(request, book, state), request.json<{ body: string }>().body);
        return { status: 201, body: commentBody(made) };
      },
    },
    {
      method: "PATCH",
      path: commentPath,
      handle: (request) => {
        const { issue, comment } = book.requireComment(nameOf(request), request.params["comment"] ?? "");
        requireRight(request, book, "write", ...rightsOn(issue));
        const { body } = request.json<{ body: string }>();
        checkBody(body);
        comment.body = body;
        return { status: 200, body: commentBody(comment) };
      },
    },
  ];
}

type Right = "issues" | "pull-requests";

/** A pull request's comments can be written with the right on either. */
function rightsOn({ isPullRequest }: Issue): Right[] {
  return isPullRequest ? ["issues", "pull-requests"] : ["issues"];
}

/** Throws 403 where the token is a job's and has none of the rights. */
function requireRight(request: StandInRequest, book: IssueBook, need: "read" | "write", ...rights: Right[]): void {
  const permissions = book.permissionsOf(bearerOf(request));
  if (!permissions) return;
  const isAllowed = rights.some((right) => permissions[right] === "write" || permissions[right] === need);
  if (!isAllowed) throw failure(403, "Resource not accessible by integration");
}

function authorOf(request: StandInRequest, book: IssueBook, state: GitHubState): Author {
  if (book.permissionsOf(bearerOf(request))) return JOB_AUTHOR;
  return { login: `${state.organization}-admin`, type: "User" };
}

function filtered(issues: readonly Issue[], query: URLSearchParams): Issue[] {
  const state = query.get("state") ?? "open";
  const labels = (query.get("labels") ?? "").split(",").filter((label) => label !== "");
  return issues.filter(
    (issue) => (state === "all" || issue.state === state) && labels.every((label) => issue.labels.includes(label)),
  );
}

/** Newest first unless told otherwise; the numbers are in the order of opening. */
function sorted(issues: readonly Issue[], query: URLSearchParams): Issue[] {
  return query.get("direction") === "asc" ? [...issues] : [...issues].reverse();
}

function issueBody({ number, isPullRequest, author, labels, title, body, state, stateReason }: Issue) {
  return {
    ...{ number, title, body, state, state_reason: stateReason },
    labels: labels.map((name) => ({ name })),
    user: author,
    ...(isPullRequest ? { pull_request: {} } : {}),
  };
}

function commentBody({ id, author, body }: Comment) {
  return { id, body, user: author };
}
