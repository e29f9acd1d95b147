using System.Text.Json.Serialization.Metadata;

namespace Beamtime.Core.Topics;

/// <summary>What a topic is: said once, by the domain that owns its messages.</summary>
/// <typeparam name="T">The messages; immutable.</typeparam>
/// <param name="Name">Its name, dotted, with the beamline: <c>2-bm.points</c>.</param>
/// <param name="Capacity">Messages kept, a power of two; at most so many lie unacknowledged.</param>
/// <param name="Codec">Writes and reads a message where it leaves the process.</param>
/// <param name="Permission">What somebody from outside must be allowed to read it.</param>
/// <param name="Consumers">
/// Those who must see every message. The log keeps what one of them has not acknowledged, also before it came for the
/// first time and while it is away.
/// </param>
internal sealed record TopicDeclaration<T>(
    string Name, int Capacity, JsonTypeInfo<T> Codec, string Permission, params IReadOnlyList<string> Consumers)
    where T : class;

/// <summary>What a request topic is: said once, by the domain that answers.</summary>
/// <typeparam name="TRequest">The question.</typeparam>
/// <typeparam name="TReply">The answer.</typeparam>
/// <param name="Name">Its name, dotted, with the beamline.</param>
/// <param name="Capacity">Unanswered questions kept; asking waits when it is full.</param>
/// <param name="Request">Writes and reads a question where it leaves the process.</param>
/// <param name="Reply">Writes and reads an answer where it leaves the process.</param>
/// <param name="Permission">What somebody from outside must be allowed to ask.</param>
internal sealed record RequestDeclaration<TRequest, TReply>(
    string Name, int Capacity, JsonTypeInfo<TRequest> Request, JsonTypeInfo<TReply> Reply, string Permission)
{
    /// <summary>Whether asking and answering are spans; false where several are asked for each point of a scan.</summary>
    public bool IsTraced { get; init; } = true;
}
