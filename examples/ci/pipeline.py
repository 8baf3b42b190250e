"""Writes comments, issues and pull requests on GitHub or GitLab. It needs Python 3.11 or newer, git, and nothing else.

The first command writes on the pull request (GitLab: merge request) of the pipeline. The second one closes the issue if
FILE doesn't exist. The third one proposes what differs in FOLDER, a git worktree. The last one checks out what the
stack runs, as a worktree.

    python ci/pipeline.py comment KEY FILE
    python ci/pipeline.py issue KEY TITLE FILE
    python ci/pipeline.py pull-request KEY TITLE FILE FOLDER
    python ci/pipeline.py deployed STACK FOLDER

There is one comment, one open issue, and one open pull request for each KEY; later runs update it. Variables:

- GitHub: ``GITHUB_TOKEN``, the job's token; ``PULL_REQUEST``, the number for a comment. The runner sets the others.
- GitLab: ``REVIEW_TOKEN``, a project access token with the scope ``api``. The runner sets the others.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import quote

PAGE = 100

Entry = dict[str, Any]


class Place(NamedTuple):
    """Where the comments, issues or pull requests are.

    :ivar one: the URL of an entry, made with the entry's members.
    :ivar text: the member with its text.
    """

    many: str
    one: str
    text: str
    query: str = ""


class Forge:
    """What GitHub and GitLab have in common.

    :ivar requests: what it calls pull requests.
    :ivar update: the method that changes an entry.
    :ivar closed: the members that close an entry.
    """

    requests: str
    update: str
    closed: Mapping[str, str]
    headers: Mapping[str, str]
    places: Mapping[str, Place]

    def call(self, method: str, url: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def entries(self, place: Place) -> Iterator[Entry]:
        """Every entry, page by page."""
        page = 0
        while True:
            page += 1
            found = self.call("GET", f"{place.many}?{place.query}per_page={PAGE}&page={page}")
            yield from found
            if len(found) < PAGE:
                return

    def mine(self, what: str, marker: str) -> Entry | None:
        """The entry that an earlier run wrote: it begins with ``marker``."""
        place = self.places[what]
        found = (each for each in self.entries(place) if (each[place.text] or "").startswith(marker))
        return next((each for each in found if self.wrote(each)), None)

    def change(self, what: str, entry: Entry, members: Mapping[str, str]) -> None:
        self.call(self.update, self.places[what].one.format(**entry), members)

    def wrote(self, entry: Entry) -> bool:
        """Whether a pipeline wrote ``entry``."""
        raise NotImplementedError

    def requests_of(self, branch: str) -> Iterator[Entry]:
        """The pull requests of a branch of this repository, the open one and closed ones."""
        raise NotImplementedError

    def open_request(self, branch: str, title: str, text: str) -> None:
        raise NotImplementedError

    def commit(self, branch: str, base: str | None, files: Mapping[str, str], message: str) -> None:
        """A commit on ``branch``, which is made again on the commit ``base``; without ``base``, it gets longer."""
        raise NotImplementedError


class GitHub(Forge):
    requests = "pull request"
    update = "PATCH"
    closed: Mapping[str, str] = {"state": "closed"}

    def __init__(self) -> None:
        self.repository = f"{variable('GITHUB_API_URL')}/repos/{variable('GITHUB_REPOSITORY')}"
        self.headers = {"Authorization": f"Bearer {variable('GITHUB_TOKEN')}"}
        issues, pulls = f"{self.repository}/issues", f"{self.repository}/pulls"
        mine = "state=open&creator=github-actions%5Bbot%5D&"
        self.places = {
            "issue": Place(issues, f"{issues}/{{number}}", "body", mine),
            "pull request": Place(pulls, f"{pulls}/{{number}}", "body"),
        }
        if "PULL_REQUEST" in os.environ:
            comments = f"{issues}/{variable('PULL_REQUEST')}/comments"
            self.places["comment"] = Place(comments, f"{issues}/comments/{{id}}", "body")

    def wrote(self, entry: Entry) -> bool:
        # A job's token can edit anybody's comment, and can't ask who it is itself.
        return bool(entry["user"]["login"] == "github-actions[bot]")

    def requests_of(self, branch: str) -> Iterator[Entry]:
        owner = variable("GITHUB_REPOSITORY").partition("/")[0]
        place = self.places["pull request"]
        return self.entries(place._replace(query=f"state=all&head={owner}:{quote(branch)}&"))

    def open_request(self, branch: str, title: str, text: str) -> None:
        base = variable("GITHUB_REF_NAME")
        made = {"title": title, "body": text, "head": branch, "base": base}
        self.call("POST", self.places["pull request"].many, made)

    def commit(self, branch: str, base: str | None, files: Mapping[str, str], message: str) -> None:
        git, ref = f"{self.repository}/git", f"heads/{quote(branch)}"
        heads = [
            each for each in self.call("GET", f"{git}/matching-refs/{ref}") if each["ref"] == f"refs/heads/{branch}"
        ]
        parent = base or heads[0]["object"]["sha"]
        tree = self.call(
            "POST",
            f"{git}/trees",
            {
                "base_tree": self.call("GET", f"{git}/commits/{parent}")["tree"]["sha"],
                "tree": [
                    {"path": path, "mode": "100644", "type": "blob", "content": text} for path, text in files.items()
                ],
            },
        )
        made = {"message": message, "tree": tree["sha"], "parents": [parent]}
        sha = self.call("POST", f"{git}/commits", made)["sha"]
        if heads:
            self.call("PATCH", f"{git}/refs/{ref}", {"sha": sha, "force": base is not None})
        else:
            self.call("POST", f"{git}/refs", {"ref": f"refs/heads/{branch}", "sha": sha})


class GitLab(Forge):
    requests = "merge request"
    update = "PUT"
    closed: Mapping[str, str] = {"state_event": "close"}

    def __init__(self) -> None:
        api = variable("CI_API_V4_URL")
        self.headers = {"PRIVATE-TOKEN": variable("REVIEW_TOKEN")}
        self.project = f"{api}/projects/{variable('CI_PROJECT_ID')}"
        self.me = self.call("GET", f"{api}/user")["id"]
        issues, requests = f"{self.project}/issues", f"{self.project}/merge_requests"
        mine = f"state=opened&author_id={self.me}&"
        self.places = {
            "issue": Place(issues, f"{issues}/{{iid}}", "description", mine),
            "pull request": Place(requests, f"{requests}/{{iid}}", "description"),
        }
        if number := os.environ.get("CI_MERGE_REQUEST_IID") or self.merged():
            notes = f"{requests}/{number}/notes"
            self.places["comment"] = Place(notes, f"{notes}/{{id}}", "body")

    def merged(self) -> str | None:
        """The number of the merge request that brought the pipeline's commit into its branch."""
        commit = f"{self.project}/repository/commits/{variable('CI_COMMIT_SHA')}"
        found = self.call("GET", f"{commit}/merge_requests")
        return next((str(each["iid"]) for each in found if each["target_branch"] == variable("CI_COMMIT_BRANCH")), None)

    def wrote(self, entry: Entry) -> bool:
        return bool(entry["author"]["id"] == self.me)

    def requests_of(self, branch: str) -> Iterator[Entry]:
        place = self.places["pull request"]
        query = f"state=all&source_branch={quote(branch, safe='')}&source_project_id={variable('CI_PROJECT_ID')}&"
        return self.entries(place._replace(query=query))

    def open_request(self, branch: str, title: str, text: str) -> None:
        target = variable("CI_DEFAULT_BRANCH")
        made = {"title": title, "description": text, "source_branch": branch, "target_branch": target}
        self.call("POST", self.places["pull request"].many, {**made, "remove_source_branch": True})

    def commit(self, branch: str, base: str | None, files: Mapping[str, str], message: str) -> None:
        actions = [
            {"action": "update" if self.has(path, base or branch) else "create", "file_path": path, "content": text}
            for path, text in files.items()
        ]
        start = {"start_sha": base, "force": True} if base else {}
        made = {"branch": branch, "commit_message": message, "actions": actions, **start}
        self.call("POST", f"{self.project}/repository/commits", made)

    def has(self, path: str, ref: str) -> bool:
        try:
            self.call("GET", f"{self.project}/repository/files/{quote(path, safe='')}?ref={quote(ref, safe='')}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return False
        return True


def comment(to: Forge, key: str, file: Path) -> None:
    marker = f"<!-- pulumi-8x8 pipeline: {key} -->"
    text = f"{marker}\n{file.read_text('utf-8')}"
    if "comment" not in to.places:
        print(f"No {to.requests} belongs to this commit, so there is no place for the comment:\n\n{text}")
    elif found := to.mine("comment", marker):
        to.change("comment", found, {"body": text})
        print("Updated the comment.")
    else:
        to.call("POST", to.places["comment"].many, {"body": text})
        print("Wrote the comment.")


def issue(to: Forge, key: str, title: str, file: Path) -> None:
    marker = f"<!-- pulumi-8x8 pipeline: {key} -->"
    found, place = to.mine("issue", marker), to.places["issue"]
    if not file.exists():
        if found:
            to.change("issue", found, to.closed)
        print("Closed the issue." if found else "There is nothing to report.")
        return
    text = f"{marker}\n{file.read_text('utf-8')}"
    if found is None:
        to.call("POST", place.many, {"title": title, place.text: text})
        print("Opened an issue.")
    elif found[place.text] != text:
        to.change("issue", found, {place.text: text})
        print("Updated the issue.")
    else:
        print("The issue says the same already.")


def pull_request(to: Forge, key: str, title: str, file: Path, folder: Path) -> None:
    place = to.places["pull request"]
    files = {path: (folder / path).read_text("utf-8") for path in changed(folder) if is_new(path, folder)}
    found = list(to.requests_of(key))
    is_open = next((each for each in found if each["state"] in ("open", "opened")), None)
    if not files:
        if is_open:
            to.change("pull request", is_open, to.closed)
        print(f"Closed the {to.requests}: nothing differs." if is_open else "Nothing differs.")
        return
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
    marker = f"<!-- pulumi-8x8 pipeline: {key} {digest} -->"
    if any((each[place.text] or "").startswith(marker) for each in ([is_open] if is_open else found)):
        print(f"There is a {to.requests} with these changes" + ("." if is_open else ", which somebody closed."))
        return
    text = f"{marker}\n{file.read_text('utf-8')}"
    # What somebody else committed to an open one stays.
    to.commit(key, None if is_open else git(folder, "rev-parse", "HEAD").strip(), files, title)
    if is_open:
        to.change("pull request", is_open, {place.text: text})
        print(f"Updated the {to.requests}.")
    else:
        to.open_request(key, title, text)
        print(f"Opened a {to.requests}.")


def changed(folder: Path) -> list[str]:
    """The files of a worktree that differ from its commit, or are new."""
    paths = git(folder, "ls-files", "-z", "--modified", "--others", "--exclude-standard").split("\0")
    return sorted({path for path in paths if (folder / path).is_file()})


def is_new(path: str, folder: Path) -> bool:
    """Whether the change of a file in ``folder`` isn't part of this checkout yet, which may be ahead of ``folder``."""
    if not Path(path).is_file():
        return True
    with TemporaryDirectory() as temporary:
        base = Path(temporary, "base")
        in_base = git(folder, "ls-tree", "--name-only", "HEAD", "--", path)
        base.write_text(git(folder, "show", f"HEAD:{path}") if in_base else "", "utf-8")
        # Its exit code is the number of conflicts.
        command = ["git", "merge-file", "--stdout", path, str(base), str(folder / path)]
        merged = subprocess.run(command, capture_output=True, check=False).stdout
    return merged != Path(path).read_bytes()


def deployed(stack: str, folder: Path) -> None:
    command = ["pulumi", "stack", "history", "--stack", stack, "--json"]
    history = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    updates = [each for each in history if each["kind"] == "update" and each["result"] == "succeeded"]
    if not updates:
        sys.exit(f"{stack} has never been deployed.")
    commit = updates[0].get("environment", {}).get("git.head")
    if commit is None:
        sys.exit(f"The last deployment of {stack} wasn't from a git repository, so its commit isn't known.")
    git(Path(), "worktree", "add", "--detach", str(folder), commit)
    print(f"{stack} runs {commit}, which is now in {folder}.")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True)
    return done.stdout.decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, arguments in {
        "comment": ("key", "file"),
        "issue": ("key", "title", "file"),
        "pull-request": ("key", "title", "file", "folder"),
        "deployed": ("stack", "folder"),
    }.items():
        command = commands.add_parser(name)
        for each in arguments:
            command.add_argument(each, type=Path if each in ("file", "folder") else str)
    given = vars(parser.parse_args())
    match given.pop("command"):
        case "comment":
            comment(forge(), **given)
        case "issue":
            issue(forge(), **given)
        case "pull-request":
            pull_request(forge(), **given)
        case "deployed":
            deployed(**given)


def variable(name: str) -> str:
    if name not in os.environ:
        sys.exit(f"The variable {name} isn't set.")
    return os.environ[name]


def forge() -> Forge:
    return GitHub() if "GITHUB_ACTIONS" in os.environ else GitLab()


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd)}: {error.stderr.decode(errors='replace')}")
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.url}: {error.code} {error.reason}")
    except OSError as error:
        sys.exit(str(error))
