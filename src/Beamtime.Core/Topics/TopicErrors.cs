using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics;

/// <summary>What can go wrong between roles.</summary>
internal static class TopicErrors
{
    /// <summary>A subscriber asked for messages that are trimmed.</summary>
    public static readonly ErrorCode OffsetGone = new(
        "topic.offset.gone",
        "The message at the wanted offset was trimmed before it was read.",
        "Subscribe again from the oldest offset that is kept; what lies before it is in the record.");

    /// <summary>Nobody answered in time.</summary>
    public static readonly ErrorCode RoleUnreachable = new(
        "role.unreachable",
        "The role that answers this request did not do so in time.",
        "See 'beamtime status' for the role that is down, and start it.",
        RetryClass.Later);
}
