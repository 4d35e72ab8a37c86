/** What do the specs of the Pulumi Cloud plugin talk to? A few ESC endpoints that keep text and revisions and write down headers and bodies. */
import { createStandIn, HttpReply, type Route, type StandIn, type StandInRequest } from "../../sandbox/kit/stand-in";

/** One request with what the plugin put into it. */
export interface SeenRequest {
  readonly line: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** The running double. */
export interface EscDouble extends StandIn {
  readonly seen: SeenRequest[];
  /** `organization/project/name` to revision and text. */
  readonly environments: Map<string, { revision: number; text: string }>;
  /** `organization/project/name/tag` to revision. */
  readonly tags: Map<string, number>;
}

/** Starts the double; only `token` is let in. A new environment has revision 1, its first text revision 2. */
export async function startEscDouble(token: string): Promise<EscDouble> {
  const seen: SeenRequest[] = [];
  const environments: EscDouble["environments"] = new Map();
  const tags: EscDouble["tags"] = new Map();
  const routes = [...environmentRoutes(environments), ...tagRoutes(tags)].map((route) => ({
    ...route,
    path: `/api/esc/environments${route.path}`,
  }));
  const standIn = await createStandIn({
    name: "esc-double",
    routes,
    guard: (request) => {
      const query = request.query.size > 0 ? `?${request.query.toString()}` : "";
      const body = request.body.toString("utf8");
      seen.push({ line: `${request.method} ${request.path}${query}`, headers: request.headers, body });
      if (request.headers.authorization === `token ${token}`) return undefined;
      return { status: 401, body: { code: 401, message: "Unauthorized: No credentials provided or are invalid." } };
    },
  });
  return { ...standIn, seen, environments, tags };
}

function environmentRoutes(environments: EscDouble["environments"]): Route[] {
  const keyOf = ({ params }: StandInRequest) => [params["org"], params["project"], params["name"]].join("/");
  const find = (request: StandInRequest) => {
    const found = environments.get(keyOf(request));
    if (!found) throw new HttpReply({ status: 404, body: { code: 404, message: "Not Found: environment not found" } });
    return found;
  };
  return [
    { method: "POST", path: "/:org/yaml/check", handle: () => ({ status: 200, body: { properties: {} } }) },
    {
      method: "POST",
      path: "/:org",
      handle: (request) => {
        const { project, name } = request.json<{ project: string; name: string }>();
        const key = `${request.params["org"]}/${project}/${name}`;
        if (environments.has(key)) return { status: 409, body: { code: 409, message: "Conflict: already exists" } };
        environments.set(key, { revision: 1, text: "" });
        return { status: 200 };
      },
    },
    {
      method: "PATCH",
      path: "/:org/:project/:name",
      handle: (request) => {
        const found = find(request);
        found.revision += 1;
        found.text = request.body.toString("utf8");
        return { status: 200, headers: { "Pulumi-ESC-Revision": String(found.revision) }, body: {} };
      },
    },
    {
      method: "GET",
      path: "/:org/:project/:name",
      handle: (request) => {
        const { revision, text } = find(request);
        return { status: 200, headers: { "Pulumi-ESC-Revision": String(revision) }, body: text };
      },
    },
    {
      method: "GET",
      path: "/:org/:project/:name/metadata",
      handle: (request) => (find(request), { status: 200, body: { id: `id-of-${request.params["name"]}` } }),
    },
    {
      method: "DELETE",
      path: "/:org/:project/:name",
      handle: (request) => (find(request), environments.delete(keyOf(request)), { status: 204 }),
    },
  ];
}

function tagRoutes(tags: EscDouble["tags"]): Route[] {
  const base = "/:org/:project/:name/versions/tags";
  const keyOf = ({ params }: StandInRequest, tag = params["tag"]) =>
    [params["org"], params["project"], params["name"], tag].join("/");
  const known = (request: StandInRequest) => {
    const revision = tags.get(keyOf(request));
    if (revision === undefined) throw new HttpReply({ status: 404, body: { code: 404, message: "Not Found: tag" } });
    return revision;
  };
  return [
    {
      method: "POST",
      path: base,
      handle: (request) => {
        const { name, revision } = request.json<{ name: string; revision: number }>();
        tags.set(keyOf(request, name), revision);
        return { status: 204 };
      },
    },
    {
      method: "PATCH",
      path: `${base}/:tag`,
      handle: (request) => (
        known(request),
        tags.set(keyOf(request), request.json<{ revision: number }>().revision),
        { status: 204 }
      ),
    },
    {
      method: "GET",
      path: `${base}/:tag`,
      handle: (request) => ({ status: 200, body: { name: request.params["tag"], revision: known(request) } }),
    },
    {
      method: "DELETE",
      path: `${base}/:tag`,
      handle: (request) => (known(request), tags.delete(keyOf(request)), { status: 204 }),
    },
  ];
}
