from io import BytesIO
from typing import Any, BinaryIO, cast

from helix.api.blueprint import (
    IfMatch,
    actor,
    array_response,
    if_unmodified,
    limit_and_offset,
    no_content,
    paginate,
    signed_in_blueprint,
)
from helix.api.downloads import FILE_RESPONSE
from helix.files.transfer import attachment, taking
from helix.schemas.common import Error, Paging
from helix.schemas.skill import (
    AttachmentForm,
    ExportChoice,
    ImportChoices,
    ImportForm,
    SkillAgentList,
    SkillAgentsIn,
    SkillAttachmentList,
    SkillAttachmentOut,
    SkillAttachmentPath,
    SkillFilter,
    SkillImportAnswer,
    SkillImported,
    SkillIn,
    SkillList,
    SkillOut,
    SkillPatch,
    SkillPath,
    SkillVersionList,
    SkillVersionOut,
    VersionPath,
)
from helix.services import skills, stored_files
from helix.services.skills.files import MAX_TOTAL_BYTES

blueprint = signed_in_blueprint("skills", "Skills", "/api/skills")
files_blueprint = signed_in_blueprint("skill_attachments", "Skills", "/api/skill-attachments")
BLUEPRINTS = (blueprint, files_blueprint)

blueprint.before_request(taking({"attach": stored_files.largest_upload, "import_file": lambda: MAX_TOTAL_BYTES}))

TEXT: Any = {
    "description": "The file",
    "content": {
        "text/markdown": {"schema": {"type": "string"}},
        "application/zip": {"schema": {"type": "string", "format": "binary"}},
    },
}
UPLOADS: Any = {413: Error, 415: Error}


def _shown(skill_id: int) -> Any:
    return skills.serialize(actor(), skills.get(skill_id))


@blueprint.get("/", responses={200: SkillList})
def index(query: SkillFilter) -> Any:
    """Skills by name. With a search, matches in the name come first."""
    limit, offset = limit_and_offset(query)
    filters = skills.SkillFilter(query.search, query.category, query.tag)
    found, total = skills.list_skills(filters, limit=limit, offset=offset)
    return array_response(skills.serialize_many(actor(), found), total, query)


@blueprint.post("/", responses={201: SkillOut})
def create(body: SkillIn) -> Any:
    """A new skill. For admins."""
    return skills.serialize(actor(), skills.create(actor(), **body.model_dump())), 201


@blueprint.post("/import", responses={200: SkillImportAnswer, 201: SkillImported, **UPLOADS})
def import_file(form: ImportForm, query: ImportChoices) -> Any:
    """Skills from markdown files, or from .zip archives of folders with a SKILL.md. For admins.

    They are inactive unless `activate=true`. `dry_run=true` says what would happen, and saves nothing. One skill is
    answered as that skill (201); several, each of which is imported or refused on its own, with a report (200).
    """
    on_conflict = form.on_conflict or query.on_conflict
    name = form.file.filename or ""
    uploads = [skills.Upload(file.filename or "", file.stream) for file in (form.file, *form.files)]
    if form.only or skills.contains_several(actor(), uploads):
        return skills.import_several(
            actor(),
            uploads,
            only=form.only or None,
            on_conflict=on_conflict,
            activate=bool(form.activate or query.activate),
            dry_run=bool(form.dry_run or query.dry_run),
        )
    if form.dry_run or query.dry_run:
        return skills.preview(actor(), form.file.stream, file_name=name, on_conflict=on_conflict)
    skill, notes = skills.import_file(
        actor(),
        form.file.stream,
        file_name=name,
        on_conflict=on_conflict,
        activate=bool(form.activate or query.activate),
    )
    return skills.serialize(actor(), skill) | {"notes": notes}, 201


@blueprint.get("/<int:skill_id>", responses={200: SkillOut})
def show(path: SkillPath) -> Any:
    """One skill."""
    return _shown(path.skill_id)


@blueprint.patch("/<int:skill_id>", responses={200: SkillOut})
def edit(path: SkillPath, header: IfMatch, body: SkillPatch) -> Any:
    """Change the fields that are sent; `remove_attachment_ids` deletes files. For admins."""
    unchanged = if_unmodified(lambda skill: skills.serialize(actor(), skill))
    return skills.serialize(actor(), skills.edit(actor(), path.skill_id, body.changes(), is_unchanged=unchanged))


@blueprint.delete("/<int:skill_id>", responses={204: None})
def delete(path: SkillPath) -> Any:
    """Delete it with its versions and files. For admins."""
    skills.delete(actor(), path.skill_id)
    return no_content()


@blueprint.get("/<int:skill_id>/export", responses={200: TEXT})
def export(path: SkillPath, query: ExportChoice) -> Any:
    """The skill as a markdown file with front matter; with `format=zip`, with its files. The import reads both."""
    if query.format == "zip":
        name, content = skills.export_zip(actor(), path.skill_id)
        return attachment(cast(BinaryIO, content), name=name, content_type="application/zip")
    name, text = skills.export(actor(), path.skill_id)
    return attachment(BytesIO(text.encode()), name=name, content_type="text/markdown")


@blueprint.get("/<int:skill_id>/attachments", responses={200: SkillAttachmentList})
def attachments(path: SkillPath, query: Paging) -> Any:
    """Its files."""
    found = skills.attachments(path.skill_id)
    return array_response([skills.serialize_attachment(one) for one in paginate(found, query)], len(found), query)


@blueprint.post("/<int:skill_id>/attachments", responses={201: SkillAttachmentOut, **UPLOADS})
def attach(path: SkillPath, form: AttachmentForm) -> Any:
    """Add a file: at most 10 MB, and 50 MB for all files of a skill. For admins."""
    made = skills.attach(
        actor(),
        path.skill_id,
        form.file.stream,
        name=form.file.filename or "",
        description=form.description,
        path=form.path,
    )
    return skills.serialize_attachment(made), 201


@blueprint.get("/<int:skill_id>/agents", responses={200: SkillAgentList})
def agents(path: SkillPath, query: Paging) -> Any:
    """The agents that have it, by name; all of them where it applies to all."""
    found = skills.agents_of(path.skill_id)
    return array_response(paginate(found, query), len(found), query)


@blueprint.put("/<int:skill_id>/agents", responses={200: SkillAgentList})
def assign(path: SkillPath, body: SkillAgentsIn) -> Any:
    """Replace the agents that have it. For admins."""
    skills.assign(actor(), path.skill_id, body.agent_ids)
    return skills.agents_of(path.skill_id)


@blueprint.get("/<int:skill_id>/versions", responses={200: SkillVersionList})
def versions(path: SkillPath, query: Paging) -> Any:
    """The saved versions, newest first."""
    limit, offset = limit_and_offset(query)
    found, total = skills.versions(path.skill_id, limit=limit, offset=offset)
    return array_response(found, total, query)


@blueprint.get("/<int:skill_id>/versions/<int:number>", responses={200: SkillVersionOut})
def version(path: VersionPath) -> Any:
    """One version, and how it differs from the one before."""
    return skills.version(actor(), path.skill_id, path.number)


@blueprint.post("/<int:skill_id>/versions/<int:number>/restore", responses={200: SkillOut})
def restore(path: VersionPath) -> Any:
    """Restore this version as a new version. For admins."""
    return skills.serialize(actor(), skills.restore(actor(), path.skill_id, path.number))


@files_blueprint.get("/<int:attachment_id>/download", responses={200: FILE_RESPONSE})
def download(path: SkillAttachmentPath) -> Any:
    """The file itself."""
    found, content = skills.download(path.attachment_id)
    response = attachment(content, name=found.name, content_type=found.content_type)
    response.content_length = found.size
    return response


@files_blueprint.delete("/<int:attachment_id>", responses={204: None})
def remove(path: SkillAttachmentPath) -> Any:
    """Delete a file. For admins."""
    skills.remove(actor(), path.attachment_id)
    return no_content()
