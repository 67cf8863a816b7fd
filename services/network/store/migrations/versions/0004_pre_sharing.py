"""Find shared networks by project, and say of old ones who may see them."""

from alembic import op

# Networks that are everybody's from before there were policies: now a policy says so.
POLICIES = """
    WITH new AS (
      SELECT gen_random_uuid() AS id, id AS object_id, project_id, {action} AS action
      FROM networks WHERE {flag}
    ), written AS (
      SELECT *, CAST(jsonb_build_object(
        'id', id, 'tenant_id', project_id, 'project_id', project_id, 'object_type', 'network',
        'object_id', object_id, 'action', action, 'target_tenant', '*') AS text) AS doc
      FROM new
    )
    INSERT INTO rbac_policies (id, project_id, description, revision, created_at, updated_at,
                               doc, admin_doc, object_type, object_id, action, target_project)
    SELECT id, project_id, '', 0, now(), now(), doc, doc, 'network', object_id, action, '*'
    FROM written
"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_index(
        "networks_external_to", "networks", ["external_to"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "networks_shared_with", "networks", ["shared_with"], unique=False, postgresql_using="gin"
    )
    for flag, action in (("shared", "access_as_shared"), ("external", "access_as_external")):
        op.execute(POLICIES.replace("{flag}", flag).replace("{action}", f"text '{action}'"))


def downgrade() -> None:

    op.drop_index("networks_shared_with", table_name="networks", postgresql_using="gin")
    op.drop_index("networks_external_to", table_name="networks", postgresql_using="gin")
