using Beamtime.Core.Jobs;

namespace Beamtime.Tests.Jobs;

public sealed class JobStateTests
{
    private static readonly HashSet<(JobState From, JobState To)> Allowed =
    [
        (JobState.Available, JobState.Running),
        (JobState.Available, JobState.Cancelled),
        (JobState.Running, JobState.Succeeded),
        (JobState.Running, JobState.Available),
        (JobState.Running, JobState.Dead),
        (JobState.Running, JobState.Cancelled),
        (JobState.Dead, JobState.Available),
        (JobState.Dead, JobState.Cancelled),
    ];

    [Fact]
    public void Every_pair_of_states_is_allowed_or_refused_as_pictured()
    {
        foreach (var from in Enum.GetValues<JobState>())
        {
            foreach (var to in Enum.GetValues<JobState>())
            {
                Assert.True(from.CanBecome(to) == Allowed.Contains((from, to)), $"{from} to {to}");
            }
        }
    }

    [Fact]
    public void Only_what_waits_or_runs_is_live()
    {
        Assert.Equal(
            [JobState.Available, JobState.Running],
            Enum.GetValues<JobState>().Where(s => s.IsLive));
    }
}
