"""Puts a review on its pull request (GitHub) or merge request (GitLab): one comment, which later runs update.

    python ci/comment.py review.md

The comment is known by the file's first line, and by who wrote it. Nothing but Python is needed. Variables:

- GitHub: ``GITHUB_TOKEN`` that may write to pull requests, ``PULL_REQUEST``, its number; the runner sets the others.
- GitLab: ``REVIEW_TOKEN``, a project access token with the scope ``api``; the runner sets the others.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = 100


class GitHub:
    """Comments of a pull request."""

    update = "PATCH"

    def __init__(self) -> None:
        self.repository = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"
        self.comments = f"{self.repository}/issues/{os.environ['PULL_REQUEST']}/comments"
        self.headers = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}"}

    def is_mine(self, comment: dict[str, Any]) -> bool:
        # A job's token may edit anybody's comment, and cannot ask who it is itself.
        return bool(comment["user"]["login"] == "github-actions[bot]")

    def url(self, comment: dict[str, Any]) -> str:
        return f"{self.repository}/issues/comments/{comment['id']}"


class GitLab:
    """Notes of a merge request."""

    update = "PUT"

    def __init__(self) -> None:
        api = os.environ["CI_API_V4_URL"]
        self.headers = {"PRIVATE-TOKEN": os.environ["REVIEW_TOKEN"]}
        self.comments = (
            f"{api}/projects/{os.environ['CI_PROJECT_ID']}/merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
        )
        self.me = call("GET", f"{api}/user", self.headers)["id"]

    def is_mine(self, comment: dict[str, Any]) -> bool:
        return bool(comment["author"]["id"] == self.me)

    def url(self, comment: dict[str, Any]) -> str:
        return f"{self.comments}/{comment['id']}"


def call(method: str, url: str, headers: dict[str, str], body: object = None) -> Any:
    """A call of the forge's API; the answer's JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def all_comments(forge: GitHub | GitLab) -> Iterator[dict[str, Any]]:
    """Every comment, page by page."""
    page = 0
    while True:
        page += 1
        comments = call("GET", f"{forge.comments}?per_page={PAGE}&page={page}", forge.headers)
        yield from comments
        if len(comments) < PAGE:
            return


def main(file: str) -> None:
    """Writes the comment, or updates it."""
    text = Path(file).read_text("utf-8")
    marker = text.partition("\n")[0]
    forge = GitHub() if "GITHUB_ACTIONS" in os.environ else GitLab()
    for comment in all_comments(forge):
        if forge.is_mine(comment) and comment["body"].startswith(marker):
            call(forge.update, forge.url(comment), forge.headers, {"body": text})
            print("The review's comment is updated.")
            return
    call("POST", forge.comments, forge.headers, {"body": text})
    print("The review is there as a comment.")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyError as error:
        sys.exit(f"The variable {error} is not set; no comment was written.")
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.url}: {error.code} {error.reason}; the review is not on the page.")
    except OSError as error:
        sys.exit(f"{error}; the review is not on the page.")
