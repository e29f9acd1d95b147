using System.Collections.Concurrent;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows.Trials;

/// <summary>
/// What stands outside of the database: it begins a job at every request, however often it is asked, loses requests and
/// answers, is silent at times, and tells the truth when it speaks.
/// </summary>
/// <param name="seed">Of its moods.</param>
internal sealed class TrialWorld(int seed)
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, List<string>> _jobs = [];
    private readonly HashSet<string> _calledOff = [];
    private int _number;

    /// <summary>Whether it loses, fails and is silent.</summary>
    public bool IsMoody { get; set; } = true;

    /// <summary>How often each step did its work, by workflow and name.</summary>
    public ConcurrentDictionary<(Guid Workflow, string Step), int> Done { get; } = new();

    /// <summary>What befell the trials.</summary>
    public ConcurrentDictionary<string, long> Befell { get; } = new();

    /// <summary>Effects that were begun more than once.</summary>
    public IReadOnlyList<Guid> Doubled
    {
        get
        {
            lock (_gate)
            {
                return [.. _jobs.Where(j => j.Value.Count > 1).Select(j => j.Key)];
            }
        }
    }

    public int Begun
    {
        get
        {
            lock (_gate)
            {
                return _jobs.Count;
            }
        }
    }

    public void Count(string what) => Befell.AddOrUpdate(what, 1, (_, n) => n + 1);

    public bool Happens(int percent)
    {
        lock (_gate)
        {
            return _random.Next(100) < percent;
        }
    }

    public int Draw(int bound)
    {
        lock (_gate)
        {
            return _random.Next(bound);
        }
    }

    /// <summary>Whether it is in the mood for something bad.</summary>
    public bool Fails(string what, int percent)
    {
        if (!IsMoody || !Happens(percent))
        {
            return false;
        }

        Count(what);
        return true;
    }

    public int Do(Guid workflow, string step) => Done.AddOrUpdate((workflow, step), 1, (_, n) => n + 1);

    public int DoneOf(Guid workflow, string step) => Done.GetValueOrDefault((workflow, step));

    public string? Find(Guid effect)
    {
        lock (_gate)
        {
            return _jobs.GetValueOrDefault(effect)?[0];
        }
    }

    public Effect<Errand, Finding> Effect(Guid workflow, string step, string name) => new(
        new Step(step) { MaxFailures = 1000, Backoff = JobFixture.Kind.Options.Backoff },
        new Errand(1),
        ErrandJson.Default.Errand,
        FindingJson.Default.Finding)
    {
        Deadline = TimeSpan.FromHours(12),
        Grace = TimeSpan.FromHours(12),
        StartAsync = (intent, _) =>
        {
            if (Fails("requests refused", 5))
            {
                throw new FaultException(WorkflowBench.Passing.Because("Refused for now.") with { Retry = RetryClass.Safe });
            }

            if (Fails("requests lost", 10))
            {
                throw new TimeoutException("No answer.");
            }

            string job;
            lock (_gate)
            {
                job = $"job {++_number}";
                if (!_jobs.TryGetValue(intent.Id, out var jobs))
                {
                    _jobs[intent.Id] = jobs = [];
                }

                jobs.Add(job);
            }

            Do(workflow, name);
            return Fails("answers lost", 15) ? throw new TimeoutException("No answer.") : Task.FromResult(job);
        },
        LookAsync = (job, _) =>
        {
            if (Fails("looks failed", 10))
            {
                throw WorkflowBench.Passing.Fault("Down.");
            }

            EffectLook<Finding> look = IsMoody && Happens(30)
                ? new EffectGoesOn<Finding>(TimeSpan.FromMinutes(1))
                : new EffectEnded<Finding>(new Finding(job));
            return Task.FromResult(look);
        },
        ReconcileAsync = (intent, _) =>
        {
            Evidence evidence = Fails("questions unanswered", 20)
                ? new NoAnswer("silent")
                : Find(intent.Id) is { } job ? new FoundOutside(job) : new AbsentOutside();
            Count($"evidence {evidence.GetType().Name}");
            return Task.FromResult(evidence);
        },
        CallOffAsync = (job, _) =>
        {
            lock (_gate)
            {
                _calledOff.Add(job);
            }

            return Task.CompletedTask;
        },
    };
}
