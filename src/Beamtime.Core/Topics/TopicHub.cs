namespace Beamtime.Core.Topics;

/// <summary>
/// Where topics come from: in this process, or over Redis between several. The domains declare their topics and do not
/// know which. One object a name: opening a topic again gives the same one.
/// </summary>
internal abstract class TopicHub : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, object> _open = [];
    private readonly List<Func<TopicFigures?>> _figures = [];
    private readonly Dictionary<string, string> _permissions = [];

    /// <summary>What somebody from outside must be allowed, by name of each topic that is open.</summary>
    public IReadOnlyDictionary<string, string> Permissions
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, string>(_permissions);
            }
        }
    }

    /// <summary>The topic of a declaration.</summary>
    /// <typeparam name="T">Its messages.</typeparam>
    /// <param name="declaration">What it is.</param>
    public Topic<T> Open<T>(TopicDeclaration<T> declaration)
        where T : class => Once(declaration.Name, declaration.Permission, () =>
    {
        var topic = Create(declaration);
        _figures.Add(() => topic.Figures);
        return topic;
    });

    /// <summary>How the open topics fare, those of which it is known.</summary>
    public IReadOnlyList<TopicFigures> Figures()
    {
        Func<TopicFigures?>[] all;
        lock (_gate)
        {
            all = [.. _figures];
        }

        return [.. all.Select(f => f()).OfType<TopicFigures>()];
    }

    /// <summary>The request topic of a declaration.</summary>
    /// <typeparam name="TRequest">The question.</typeparam>
    /// <typeparam name="TReply">The answer.</typeparam>
    /// <param name="declaration">What it is.</param>
    public RequestTopic<TRequest, TReply> Open<TRequest, TReply>(RequestDeclaration<TRequest, TReply> declaration) =>
        Once(declaration.Name, declaration.Permission, () => Create(declaration));

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Makes a topic.</summary>
    protected abstract Topic<T> Create<T>(TopicDeclaration<T> declaration)
        where T : class;

    /// <summary>Makes a request topic.</summary>
    protected abstract RequestTopic<TRequest, TReply> Create<TRequest, TReply>(RequestDeclaration<TRequest, TReply> declaration);

    private TTopic Once<TTopic>(string name, string permission, Func<TTopic> create)
        where TTopic : class
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(name, out var topic))
            {
                _open[name] = topic = create();
                _permissions[name] = permission;
            }

            return topic as TTopic
                ?? throw new InvalidOperationException($"Topic {name} is declared with other messages as well.");
        }
    }
}
