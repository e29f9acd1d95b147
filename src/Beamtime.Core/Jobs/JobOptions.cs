using System.ComponentModel;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Jobs;

/// <summary>Settings of the job queue.</summary>
[SettingsSection("jobs")]
internal sealed record JobOptions
{
    /// <summary>How long jobs that have finished are kept.</summary>
    [Description("How long jobs that succeeded or were cancelled are kept, with their results, workflows and steps.")]
    public TimeSpan KeepFinished { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long dead jobs are kept; until then a person can retry them.</summary>
    [Description("How long dead jobs are kept, at least as long as finished ones; until then they can be retried.")]
    public TimeSpan KeepDead { get; init; } = TimeSpan.FromDays(90);
}
