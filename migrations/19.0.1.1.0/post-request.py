from odoo import SUPERUSER_ID, api

from odoo.addons.l10n_co_certificate_activation.const import (
    ACTIVITY_REQUEST,
    GROUP_CUSTODIAN,
    MODULE,
)


def migrate(cr, version):
    """Move the rules, activities and followers of a request from its activation to the request."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    _change_rules(env)
    kind = env.ref(ACTIVITY_REQUEST, raise_if_not_found=False)
    if kind:
        kind.res_model = "certificate.request"
        cr.execute(
            """
            UPDATE mail_activity SET res_model = 'certificate.request', res_model_id = %s
            WHERE activity_type_id = %s AND res_model = 'certificate.activation'
              AND res_id IN (SELECT id FROM certificate_request)
            """,
            [env["ir.model"]._get_id("certificate.request"), kind.id],
        )
    # What a message tells of the state is the history, which Odoo would write into when the field goes.
    fields = env["ir.model.fields"]
    cr.execute(
        "UPDATE mail_tracking_value SET field_id = %s WHERE field_id = %s",
        [
            fields._get("certificate.request", "state").id,
            fields._get("certificate.activation", "request_state").id or 0,
        ],
    )
    _move_followers(env)
    env.invalidate_all()


def _change_rules(env):
    """Write anew the rules that data files leave to the administrator, also those that one has changed.

    With a field that is gone nobody could read a document any more.
    """
    rule = env.ref(f"{MODULE}.certificate_activation_rule_seller", raise_if_not_found=False)
    if rule:
        rule.unlink()
    rules = env["ir.rule"].with_context(active_test=False)
    for rule in rules.search([("model_id.model", "=", "certificate.request.document")]):
        domain = (rule.domain_force or "").replace(
            "activation_id.request_state", "request_id.state"
        )
        domain = domain.replace("'activation_id.", "'request_id.activation_id.")
        if domain != (rule.domain_force or ""):
            rule.domain_force = domain


def _move_followers(env):
    """Let the followers of an activation follow its request.

    The custodians of the seller do not read the activation any more, unless they work for its company, too.
    """
    custodians = env.ref(GROUP_CUSTODIAN).all_user_ids
    env.cr.execute(
        """
        INSERT INTO mail_followers (res_model, res_id, partner_id)
        SELECT 'certificate.request', res_id, partner_id FROM mail_followers
        WHERE res_model = 'certificate.activation' AND res_id IN (SELECT id FROM certificate_request)
        ON CONFLICT DO NOTHING;
        INSERT INTO mail_followers_mail_message_subtype_rel (mail_followers_id, mail_message_subtype_id)
        SELECT follower.id, subtype.mail_message_subtype_id
        FROM mail_followers follower
        JOIN mail_followers former ON former.res_model = 'certificate.activation'
          AND former.res_id = follower.res_id AND former.partner_id = follower.partner_id
        JOIN mail_followers_mail_message_subtype_rel subtype ON subtype.mail_followers_id = former.id
        WHERE follower.res_model = 'certificate.request'
        ON CONFLICT DO NOTHING;
        DELETE FROM mail_followers follower USING certificate_request request, res_users custodian
        WHERE follower.res_model = 'certificate.activation' AND follower.res_id = request.id
          AND custodian.partner_id = follower.partner_id AND custodian.id = ANY(%s)
          AND NOT EXISTS (
              SELECT FROM res_company_users_rel member
              WHERE member.user_id = custodian.id AND member.cid = request.company_id
          )
        """,
        [custodians.ids],
    )
