using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Telemetry;

/// <summary>How looks at single things become the state of the whole.</summary>
public sealed class HealthBoardTests
{
    private static readonly ErrorCode Broken = new("test.broken", "It broke.", "Mend it.");
    private readonly FakeClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, bool, string, bool, string> Combinations()
    {
        var data = new TheoryData<string, bool, string, bool, string>();
        foreach (var first in Enum.GetValues<HealthState>())
        {
            foreach (var isFirstNeeded in new[] { true, false })
            {
                foreach (var second in Enum.GetValues<HealthState>())
                {
                    foreach (var isSecondNeeded in new[] { true, false })
                    {
                        var isDown = (first == HealthState.Down && isFirstNeeded) || (second == HealthState.Down && isSecondNeeded);
                        var isReady = first == HealthState.Ready && second == HealthState.Ready;
                        data.Add(
                            first.ToString(), isFirstNeeded, second.ToString(), isSecondNeeded,
                            (isDown ? HealthState.Down : isReady ? HealthState.Ready : HealthState.Degraded).ToString());
                    }
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Only_what_is_needed_takes_the_whole_down(
        string first, bool isFirstNeeded, string second, bool isSecondNeeded, string expected)
    {
        using var board = Board(
            new HealthCheck("first", isFirstNeeded, _ => Task.FromResult(Finding(first))),
            new HealthCheck("second", isSecondNeeded, _ => Task.FromResult(Finding(second))));
        Assert.Equal(expected, (await board.LookAsync(Cancel)).State.ToString());
    }

    [Fact]
    public async Task Since_is_the_moment_of_the_last_change()
    {
        var state = HealthState.Ready;
        using var board = Board(new HealthCheck("it", true, _ => Task.FromResult(Finding(state.ToString()))));
        var began = (await board.LookAsync(Cancel)).At;
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(began, (await board.LookAsync(Cancel)).Lines[0].Since);
        state = HealthState.Down;
        _clock.Advance(TimeSpan.FromMinutes(1));
        var report = await board.LookAsync(Cancel);
        Assert.Equal((began + TimeSpan.FromMinutes(2), "test.broken"), (report.Lines[0].Since, report.Lines[0].Finding.Reason!.Code));
    }

    [Fact]
    public async Task Many_who_ask_at_once_cause_one_look()
    {
        var looks = 0;
        using var board = Board(new HealthCheck("it", true, _ =>
        {
            looks++;
            return Task.FromResult(HealthFinding.Ready(""));
        }));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => board.LookAsync(Cancel)));
        Assert.Equal(1, looks);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await board.LookAsync(Cancel);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task What_does_not_answer_is_down_after_the_deadline()
    {
        using var board = new HealthBoard(
            [new HealthCheck("it", true, _ => new TaskCompletionSource<HealthFinding>().Task)],
            new TelemetryOptions { HealthDeadline = TimeSpan.FromMilliseconds(20) },
            _clock);
        var report = await board.LookAsync(Cancel);
        Assert.Equal((HealthState.Down, "health.check.late"), (report.State, report.Lines[0].Finding.Reason!.Code));
    }

    [Fact]
    public async Task What_throws_is_down_with_its_code()
    {
        using var board = Board(
            new HealthCheck("fault", false, _ => throw Broken.Fault("it is broken")),
            new HealthCheck("bug", false, _ => throw new InvalidOperationException("bug")));
        var report = await board.LookAsync(Cancel);
        Assert.Equal(["test.broken", "health.check.failed"], report.Lines.Select(l => l.Finding.Reason!.Code));
        Assert.Equal(HealthState.Degraded, report.State);
    }

    [Fact]
    public async Task A_loop_says_how_it_fares_and_when_it_came_round()
    {
        var board = new LoopBoard(_clock);
        var beat = board.Begin("worker", "claims");
        Assert.Null(beat.LastAt);
        await Task.Run(
            async () =>
            {
                beat.Enter();
                await Task.Yield();
                LoopBeat.Touch();
            },
            Cancel);
        LoopBeat.Touch();
        Assert.Equal(_clock.GetUtcNow(), beat.LastAt);
        beat.Fail(new InvalidOperationException("bug"));
        Assert.Equal((LoopState.Failed, "InvalidOperationException: bug"), (beat.State, beat.Detail));
        Assert.NotSame(beat, board.Begin("worker", "claims"));
        Assert.Equal(LoopState.Running, Assert.Single(board.Loops).State);
    }

    private HealthBoard Board(params HealthCheck[] checks) => new(checks, new TelemetryOptions(), _clock);

    private static HealthFinding Finding(string state) => Enum.Parse<HealthState>(state) switch
    {
        HealthState.Ready => HealthFinding.Ready("well"),
        HealthState.Degraded => HealthFinding.Degraded(Broken.Because("half")),
        _ => HealthFinding.Down(Broken.Because("broken")),
    };
}
