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

    /// <summary>Another publisher has taken over.</summary>
    public static readonly ErrorCode PublisherStale = new(
        "topic.publisher.stale",
        "Another process has begun to publish on this topic since, and only the last one may.",
        "Find out why the role runs twice; this process publishes no more until it is started again.");

    /// <summary>The message cannot be read.</summary>
    public static readonly ErrorCode MessageUnreadable = new(
        "topic.message.unreadable",
        "A message was written by another version of the program, or by somebody else.",
        "Run the same version in all processes that share one Redis.");

    /// <summary>The message is too large.</summary>
    public static readonly ErrorCode MessageLarge = new(
        "topic.message.large",
        "A message is larger than topics.largest_message allows.",
        "Raise topics.largest_message in all processes; frames do not belong on a topic.");

    /// <summary>The answerer had a bug.</summary>
    public static readonly ErrorCode AnswerFailed = new(
        "role.failed",
        "The role that answers this request failed in a way that it does not know itself.",
        "Look into that role's log for the error, and report it.");
}
