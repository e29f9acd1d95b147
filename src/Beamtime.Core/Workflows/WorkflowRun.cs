using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Workflows;

/// <summary>Why a workflow is brought to its end before its code has returned.</summary>
internal enum WorkflowEnding
{
    /// <summary>It was asked for.</summary>
    Cancelled,

    /// <summary>Its time is up.</summary>
    TimedOut,
}

/// <summary>One run of a workflow: what it remembers, and what keeps it from going on.</summary>
internal sealed class WorkflowRun : IDisposable
{
    private readonly IReadOnlyDictionary<string, RememberedStep> _remembered;
    private readonly Dictionary<(string Scope, int Place), RememberedStep> _placed;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly List<Task> _begun = [];
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _body;
    private readonly Func<double> _draw;
    private readonly TimeProvider _time;
    private FaultException? _fatal;
    private WorkflowEnding? _ending;
    private volatile bool _isPausing;

    /// <summary>A run.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="database">The database.</param>
    /// <param name="hold">The hold on its job.</param>
    /// <param name="remembered">What was remembered when it began.</param>
    /// <param name="draw">Draws from [0, 1) for the jitter.</param>
    /// <param name="time">The clock of timeouts and of the pause in an outage.</param>
    /// <param name="cancel">Set when the lease is lost or the worker stops.</param>
    public WorkflowRun(
        WorkflowId id,
        BeamtimeDatabase database,
        JobHold hold,
        IReadOnlyList<RememberedStep> remembered,
        Func<double> draw,
        TimeProvider time,
        CancellationToken cancel)
    {
        (Id, Database, _draw, _time) = (id, database, draw, time);
        Memory = new StepMemory(database, hold);
        _remembered = remembered.ToDictionary(s => s.Name, StringComparer.Ordinal);
        _placed = remembered.Where(s => s.Place > 0).ToDictionary(s => (s.Scope, s.Place));
        _body = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Body = _body.Token;
        Stopped = cancel;
        Root = new WorkflowScope(this, parent: null, prefix: "");
    }

    /// <summary>The workflow.</summary>
    public WorkflowId Id { get; }

    /// <summary>The database.</summary>
    public BeamtimeDatabase Database { get; }

    /// <summary>How steps are remembered.</summary>
    public StepMemory Memory { get; }

    /// <summary>The workflow's own steps.</summary>
    public WorkflowScope Root { get; }

    /// <summary>Guards what its branches share.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Ends the workflow's code: its end was asked for, the lease is lost, or the worker stops.</summary>
    public CancellationToken Body { get; }

    /// <summary>Set when the lease is lost or the worker stops.</summary>
    public CancellationToken Stopped { get; }

    /// <summary>The clock of timeouts.</summary>
    public TimeProvider Time => _time;

    /// <summary>A fault that no code of the workflow can answer.</summary>
    public FaultException? Fatal => _fatal;

    /// <summary>Whether it is brought to its end.</summary>
    public WorkflowEnding? Ending => _ending;

    /// <summary>How its completion is named for people.</summary>
    public string? Label { get; set; }

    /// <summary>Whether it is to begin no further step until a person lets it go on.</summary>
    public bool IsPausing => _isPausing;

    /// <summary>A draw from [0, 1).</summary>
    public double Draw() => _draw();

    /// <summary>What is remembered of a step.</summary>
    /// <param name="name">Its full name.</param>
    public RememberedStep? Remembered(string name) => _remembered.GetValueOrDefault(name);

    /// <summary>The first recorded step of a branch after a place.</summary>
    /// <param name="scope">The branch.</param>
    /// <param name="place">The place.</param>
    public RememberedStep? RecordedAfter(string scope, int place) =>
        _placed.Values.Where(s => s.Scope == scope && s.Place > place).MinBy(s => s.Place);

    /// <summary>Takes a name.</summary>
    /// <param name="name">A step's full name.</param>
    public void Use(string name)
    {
        if (!_used.Add(name))
        {
            throw new InvalidOperationException($"The step name {name} is used twice in one run of a workflow.");
        }
    }

    /// <summary>What differs between a step that is asked for and what is recorded; null where nothing does.</summary>
    /// <param name="asked">The step, where it is asked for.</param>
    /// <param name="before">What is remembered under its name.</param>
    public string? Difference(StepPlace asked, RememberedStep? before)
    {
        var there = _placed.GetValueOrDefault((asked.Scope, asked.Place));
        if (there is not null && there.Name != asked.Name)
        {
            return $"Workflow {Id}: its code asks for {asked.Name} as step {asked.Place}, where {there.Name} is recorded.";
        }

        if (before is null)
        {
            return null;
        }

        return before.Place != asked.Place || before.Scope != asked.Scope
            ? $"Workflow {Id}: its code asks for {asked.Name} as step {asked.Place}, which is recorded as step {before.Place}."
            : before.Kind != asked.Kind
                ? $"Workflow {Id}: its code has step {asked.Name} as {asked.Kind}, which is recorded as {before.Kind}."
                : null;
    }

    /// <summary>Lets the run fail, whatever its code catches.</summary>
    /// <param name="fault">Why.</param>
    public FaultException Fail(FaultException fault)
    {
        lock (Gate)
        {
            return _fatal ??= fault;
        }
    }

    /// <summary>Keeps account of a step that was begun.</summary>
    /// <param name="step">Its run.</param>
    public void Track(Task step)
    {
        lock (Gate)
        {
            _begun.Add(step);
        }
    }

    /// <summary>Waits for every step that was begun, so that none goes on after its workflow has returned.</summary>
    public async Task SettleAsync()
    {
        Task[] begun;
        lock (Gate)
        {
            begun = [.. _begun];
        }

        // Their exceptions went to the workflow, which awaited them or not.
        await Task.WhenAll(begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Begins no further step.</summary>
    public void Pause() => _isPausing = true;

    /// <summary>Begins no further step, and goes through those that have finished only to learn what is to be undone.</summary>
    /// <param name="ending">Why.</param>
    public void End(WorkflowEnding ending)
    {
        lock (Gate)
        {
            _ending ??= ending;
        }
    }

    /// <summary>Ends the workflow's code, now that it has come to where it stood.</summary>
    /// <returns>To be thrown.</returns>
    public OperationCanceledException StopBody()
    {
        // On the pool: what the code has registered must not run under the caller's lock.
        Track(_body.CancelAsync());
        return new OperationCanceledException("The workflow is brought to its end.", Body);
    }

    /// <summary>Writes while no other branch does, waiting out an outage of the database.</summary>
    /// <typeparam name="T">What the write gives.</typeparam>
    /// <param name="write">The write; repeated after an outage.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<T> OneByOneAsync<T>(Func<Task<T>> write, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            return await PersistAsync(write, cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Writes, waiting out an outage of the database.</summary>
    /// <typeparam name="T">What the write gives.</typeparam>
    /// <param name="write">The write; repeated after an outage.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<T> PersistAsync<T>(Func<Task<T>> write, CancellationToken cancel) => PersistAsync(write, _time, cancel);

    /// <summary>Writes, waiting out an outage of the database.</summary>
    /// <typeparam name="T">What the write gives.</typeparam>
    /// <param name="write">The write; repeated after an outage.</param>
    /// <param name="time">The clock of the pause.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<T> PersistAsync<T>(Func<Task<T>> write, TimeProvider time, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await write();
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _body.Dispose();
        _one.Dispose();
    }
}
