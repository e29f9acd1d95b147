using Beamtime.Control.Procedures;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Procedures;

/// <summary>Procedures as they run on devices, with their journal.</summary>
public sealed class ProcedureRunTests
{
    private const string Runbook =
        """
        tables:
          mono:
            over: energy_kev
            rows:
              - {energy_kev: 10, x: 1}
              - {energy_kev: 20, x: 3}
        procedures:
          light:
            steps:
              - {capture: samx, as: before}
              - {setpoint: samx, value: before + 2 * 1.5, verify: true}
              - {check: samx, within: 3, tolerance: 0.01}
              - {action: note, with: {text: 'pair'}, as: pair}
              - {compute: rotation_center, input: pair.file, as: center}
              - {setpoint: lamp, value: 1}
            finally:
              - {setpoint: samx, value: before}
          energy:
            parameters:
              energy_kev: {unit: keV, description: photon energy}
            steps:
              - {setpoint: samx, value: mono.x}
          failing:
            steps:
              - {setpoint: lamp, value: 1}
              - {check: door, equals: 1, timeout: 200 ms}
              - {setpoint: samx, value: 5}
            finally:
              - {setpoint: lamp, value: 0}
          faulty:
            steps:
              - {setpoint: broken, value: 1}
            finally:
              - {setpoint: broken, value: 1}
              - {setpoint: lamp, value: 7}
          hanging:
            steps:
              - {setpoint: samx, value: 4}
              - {setpoint: stuck, value: 1, timeout: 10 min}
              - {setpoint: lamp, value: 1}
            finally:
              - {setpoint: lamp, value: 9}
          slow:
            steps:
              - {setpoint: stuck, value: 1, timeout: 100 ms}
          stumbling:
            steps:
              - {action: stumble}
              - {setpoint: samx, value: 5}
            finally:
              - {setpoint: lamp, value: 3}
          patient:
            steps:
              - {check: door, equals: 1, timeout: 30 s}
        """;

    [Fact]
    public async Task A_procedure_does_its_steps_in_order_and_the_journal_tells_each_before_and_after()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);

        var id = await rig.BeginAsync("light");
        var run = await rig.OverAsync(id);

        Assert.Equal(ProcedureState.Completed, run.State);
        Assert.Equal(262.4, run.Captures["center"].GetDouble());
        Assert.Equal("pair.h5", run.Captures["pair.file"].GetString());
        Assert.Equal(0, await rig.ReadAsync("samx"));
        Assert.Equal(1, await rig.ReadAsync("lamp"));
        Assert.Contains("reads 3", run.Steps[1].Evidence, StringComparison.Ordinal);
        var journal = await rig.JournalAsync(id);
        Assert.IsType<ProcedureStarted>(journal[0]);
        for (var step = 0; step < 7; step++)
        {
            Assert.Equal(step, Assert.IsType<StepStarted>(journal[1 + (2 * step)]).Step);
            Assert.Equal(step, Assert.IsType<StepEnded>(journal[2 + (2 * step)]).Step);
        }

        Assert.IsType<ProcedureEnded>(journal[15]);
        Assert.Equal(16, journal.Count);
    }

    [Fact]
    public async Task The_first_failure_halts_and_the_closing_steps_run()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);

        var run = await rig.OverAsync(await rig.BeginAsync("failing"));

        Assert.Equal(ProcedureState.Failed, run.State);
        Assert.Equal(
            [StepState.Passed, StepState.Failed, StepState.Pending, StepState.Passed], run.Steps.Select(s => s.State));
        Assert.Equal("procedure.check.failed", Assert.Single(run.Reasons).Code);
        Assert.True(run.Steps[1].WaitedSeconds >= 0.2);
        Assert.Equal(0, await rig.ReadAsync("lamp"));
        Assert.Equal(0, await rig.ReadAsync("samx"));
    }

    [Fact]
    public async Task A_closing_step_that_fails_does_not_keep_the_others()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);

        var run = await rig.OverAsync(await rig.BeginAsync("faulty"));

        Assert.Equal(ProcedureState.Failed, run.State);
        Assert.Equal([StepState.Failed, StepState.Failed, StepState.Passed], run.Steps.Select(s => s.State));
        Assert.Equal(2, run.Reasons.Count);
        Assert.Equal(7, await rig.ReadAsync("lamp"));
    }

    [Fact]
    public async Task An_action_that_throws_anything_fails_its_step_and_the_closing_steps_run()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);

        var run = await rig.OverAsync(await rig.BeginAsync("stumbling"));

        Assert.Equal(ProcedureState.Failed, run.State);
        Assert.Equal([StepState.Failed, StepState.Pending, StepState.Passed], run.Steps.Select(s => s.State));
        var reason = Assert.Single(run.Reasons);
        Assert.Equal("procedure.step.failed", reason.Code);
        Assert.Contains("a bug", reason.Message, StringComparison.Ordinal);
        Assert.Equal(3, await rig.ReadAsync("lamp"));
        Assert.Equal(ProcedureState.Completed, (await rig.OverAsync(await rig.BeginAsync("light"))).State);
    }

    [Fact]
    public async Task A_check_waits_for_its_value_within_its_timeout()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);
        var id = await rig.BeginAsync("patient");
        await rig.UntilAsync(id, r => r.Steps[0].State == StepState.Started);

        (await rig.Desk.SetAsync("door", null, Sdk.Devices.Value.Of(1L), TestContext.Current.CancellationToken)).OrThrow();

        Assert.Equal(ProcedureState.Completed, (await rig.OverAsync(id)).State);
    }

    [Fact]
    public async Task A_step_that_takes_too_long_fails()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);

        var run = await rig.OverAsync(await rig.BeginAsync("slow"));

        Assert.Equal(ProcedureState.Failed, run.State);
        Assert.Equal("procedure.step.deadline", run.Reasons[0].Code);
    }

    [Fact]
    public async Task An_abort_ends_the_step_and_runs_the_closing_steps()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);
        var id = await rig.BeginAsync("hanging");
        await rig.UntilAsync(id, r => r.Steps[1].State == StepState.Started);
        Assert.Equal("procedure.busy", Codes(await rig.StartAsync("light")));

        (await rig.Procedures.AbortAsync(id, PersonId.LocalOperator, "enough", TestContext.Current.CancellationToken)).OrThrow();
        var run = await rig.OverAsync(id);

        Assert.Equal(ProcedureState.Aborted, run.State);
        Assert.Contains("enough", Assert.Single(run.Reasons).Message, StringComparison.Ordinal);
        Assert.Equal(
            [StepState.Passed, StepState.Uncertain, StepState.Pending, StepState.Passed], run.Steps.Select(s => s.State));
        Assert.Equal(9, await rig.ReadAsync("lamp"));
        Assert.Equal("procedure.state.refused", Codes(
            await rig.Procedures.AbortAsync(id, PersonId.LocalOperator, "", TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task A_run_under_way_at_a_crash_is_held_and_never_repeated_until_an_operator_names_a_step()
    {
        await using var database = await TestDatabase.CreateAsync();
        Guid id;
        await using (var first = await ProcedureRig.StartAsync(Runbook, database))
        {
            id = await first.BeginAsync("hanging");
            await first.UntilAsync(id, r => r.Steps[1].State == StepState.Started);
        }

        await using var second = await ProcedureRig.StartAsync(Runbook, database);
        await second.Procedures.HoldInterruptedAsync(TestContext.Current.CancellationToken);
        var held = (await second.Store.FindAsync(id, TestContext.Current.CancellationToken))!.State!;
        Assert.Equal(ProcedureState.Held, held.State);
        Assert.Equal(1, held.UncertainStep);
        Assert.Contains("step 1, setpoint stuck value=1", held.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Equal(ProcedureState.Completed, (await second.OverAsync(await second.BeginAsync("light"))).State);
        Assert.Equal(0, await second.ReadAsync("samx"));

        (await second.Procedures.ResumeAsync(id, 2, PersonId.LocalOperator, TestContext.Current.CancellationToken)).OrThrow();
        var over = await second.OverAsync(id);

        Assert.Equal(ProcedureState.Completed, over.State);
        Assert.Equal(
            [StepState.Passed, StepState.Uncertain, StepState.Passed, StepState.Passed], over.Steps.Select(s => s.State));
        Assert.Equal(9, await second.ReadAsync("lamp"));
    }

    [Fact]
    public async Task A_crash_after_any_entry_is_held_with_the_right_step_uncertain()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);
        var id = await rig.BeginAsync("light");
        await rig.OverAsync(id);
        var journal = await rig.JournalAsync(id);

        for (var kept = 1; kept < journal.Count; kept++)
        {
            var copy = Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddMilliseconds(kept));
            var run = StreamState<ProcedureRecord>.New(copy.ToString());
            foreach (var entry in journal.Take(kept))
            {
                run = await rig.Store.AppendAsync(
                    run, entry, Why.BySystem("copied", run.Id), TestContext.Current.CancellationToken);
            }

            await rig.Procedures.HoldInterruptedAsync(TestContext.Current.CancellationToken);

            var held = (await rig.Store.FindAsync(copy, TestContext.Current.CancellationToken))!.State!;
            Assert.Equal(ProcedureState.Held, held.State);
            Assert.Equal(kept % 2 == 0 ? (kept / 2) - 1 : null, held.UncertainStep);
            Assert.Equal((kept - 1) / 2, held.Steps.Count(s => s.State == StepState.Passed));
        }
    }

    [Fact]
    public async Task A_held_run_can_be_aborted_and_does_nothing_more()
    {
        await using var database = await TestDatabase.CreateAsync();
        Guid id;
        await using (var first = await ProcedureRig.StartAsync(Runbook, database))
        {
            id = await first.BeginAsync("hanging");
            await first.UntilAsync(id, r => r.Steps[1].State == StepState.Started);
        }

        await using var second = await ProcedureRig.StartAsync(Runbook, database);
        await second.Procedures.HoldInterruptedAsync(TestContext.Current.CancellationToken);
        (await second.Procedures.AbortAsync(id, PersonId.LocalOperator, "", TestContext.Current.CancellationToken)).OrThrow();

        Assert.Equal(ProcedureState.Aborted, (await second.OverAsync(id)).State);
        Assert.Equal(0, await second.ReadAsync("lamp"));
    }

    [Fact]
    public async Task A_held_run_whose_steps_have_changed_does_not_go_on()
    {
        await using var database = await TestDatabase.CreateAsync();
        Guid id;
        await using (var first = await ProcedureRig.StartAsync(Runbook, database))
        {
            id = await first.BeginAsync("hanging");
            await first.UntilAsync(id, r => r.Steps[1].State == StepState.Started);
        }

        await using var second = await ProcedureRig.StartAsync(
            Runbook.Replace("setpoint: samx, value: 4", "setpoint: samx, value: 6", StringComparison.Ordinal), database);
        await second.Procedures.HoldInterruptedAsync(TestContext.Current.CancellationToken);

        Assert.Equal("procedure.changed", Codes(
            await second.Procedures.ResumeAsync(id, 0, PersonId.LocalOperator, TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("light", "x", 1.0, "procedure.parameter.unknown")]
    [InlineData("energy", "energy", 12.0, "procedure.parameter.unknown procedure.parameter.missing")]
    [InlineData("energy", "energy_kev", "hot", "procedure.parameter.invalid")]
    [InlineData("energy", "energy_kev", 9.999, "procedure.value.invalid")]
    [InlineData("energy", "energy_kev", 20.001, "procedure.value.invalid")]
    [InlineData("ligth", "x", 1.0, "procedure.unknown")]
    public async Task What_cannot_be_done_is_refused_before_anything_moves(string name, string key, object value, string codes)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);

        Assert.Equal(codes, Codes(await rig.StartAsync(name, (key, value))));
        Assert.Empty((await rig.Store.ListAsync(new RecordQuery(), TestContext.Current.CancellationToken)).Items);
    }

    [Fact]
    public async Task A_table_is_linear_between_its_rows()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var rig = await ProcedureRig.StartAsync(Runbook, database);

        await rig.OverAsync(await rig.BeginAsync("energy", ("energy_kev", 12.5)));
        Assert.Equal(1.5, await rig.ReadAsync("samx"), 1e-12);

        await rig.OverAsync(await rig.BeginAsync("energy", ("energy_kev", "20")));
        Assert.Equal(3, await rig.ReadAsync("samx"));
    }

    private static string Codes(Outcome<StreamState<ProcedureRecord>> outcome) => string.Join(
        ' ', Assert.IsType<Refused<StreamState<ProcedureRecord>>>(outcome).Reasons.Select(r => r.Code));
}
