namespace Beamtime.Core.Topics;

/// <summary>Topics in this process. A message is kept by reference unless it is asked to pass its codec.</summary>
/// <param name="time">The clock.</param>
/// <param name="isEncoding">True to write and read every message as if it left the process.</param>
internal sealed class LocalTopics(TimeProvider time, bool isEncoding = false) : TopicHub
{
    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override Topic<T> Create<T>(TopicDeclaration<T> declaration) => new LocalTopic<T>(
        declaration.Name, declaration.Capacity, declaration.Consumers, time, isEncoding ? declaration.Codec : null);

    /// <inheritdoc/>
    protected override RequestTopic<TRequest, TReply> Create<TRequest, TReply>(
        RequestDeclaration<TRequest, TReply> declaration) => new LocalRequestTopic<TRequest, TReply>(
            declaration.Name,
            declaration.Capacity,
            time,
            isEncoding ? new RequestCodec<TRequest, TReply>(declaration.Request, declaration.Reply) : null)
        {
            IsTraced = declaration.IsTraced,
        };
}
