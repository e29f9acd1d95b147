using Beamtime.Core.Jobs;
using Beamtime.Core.Workflows;
using Beamtime.Data.Compute;
using Beamtime.Data.Datasets;
using Beamtime.Sdk.Compute;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tests.Flows;

public sealed class RecordingFlowTests
{
    [Fact]
    public async Task A_recording_is_registered_once_however_often_it_is_delivered()
    {
        await using var data = await DataFixture.CreateAsync();
        await data.RecordAsync();
        await data.TakeInAsync();

        await data.TakeInAsync(times: 2);

        Assert.Equal(1, await data.CountAsync("select count(*) from datasets"));
        Assert.Equal(1, await data.CountAsync("select count(*) from workflows"));
        Assert.Equal(1, await data.CountAsync("select count(*) from entries where kind = 'dataset'"));
    }

    [Fact]
    public async Task A_tomography_scan_is_copied_verified_reconstructed_and_its_volume_registered()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteVolumes();
        var closed = await data.RecordAsync();
        await data.TakeInAsync();

        var report = await data.RunFlowAsync("S00012");

        Assert.Equal(WorkflowState.Completed, report.Workflow.State);
        var raw = await data.LoadAsync("S00012");
        Assert.Equal(DatasetStatus.Secured, raw.Status);
        Assert.Equal("S00000-00999/S00012", raw.Folder);
        Assert.Equal(["detector", "analysis"], raw.Storages);
        var content = await data.ReadAsync("S00012");
        Assert.Equal(2, content.Copies.Count(c => c is { Storage: "analysis", State: CopyState.Verified }));
        Assert.All(content.Files, f => Assert.NotNull(f.Sha256));
        foreach (var file in closed.Files)
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(closed.Folder, file.Name), DataFixture.Cancel),
                await File.ReadAllBytesAsync(data.Storages.Analysis.Resolve($"{raw.Folder}/{file.Name}"), DataFixture.Cancel));
        }

        var volume = await data.LoadAsync("S00012_rec");
        var volumeContent = await data.ReadAsync("S00012_rec");
        Assert.Equal("S00000-00999/S00012_rec", volume.Folder);
        Assert.Equal(["volume.h5", "middle_slice.png"], volumeContent.Files.Select(f => f.Path));
        Assert.All(volumeContent.Copies, c => Assert.Equal(CopyState.Verified, c.State));
        Assert.Equal([(await data.FindAsync("S00012")).Value], volumeContent.DerivedFrom);
        Assert.Equal([(await data.FindAsync("S00012_rec")).Value], content.Derived);
        Assert.Equal("7.5", volumeContent.Parameters["rotation_center"]);
        Assert.Null(data.Activity[await data.FindAsync("S00012")]);
    }

    [Theory]
    [InlineData(ScanEnd.Interrupted, true)]
    [InlineData(ScanEnd.Aborted, true)]
    [InlineData(ScanEnd.Completed, false)]
    public async Task What_is_no_complete_tomography_scan_is_copied_and_not_reconstructed(ScanEnd end, bool isTomography)
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteVolumes();
        await data.RecordAsync(end, isTomography: isTomography);
        await data.TakeInAsync();

        var report = await data.RunFlowAsync("S00012");

        Assert.Equal(WorkflowState.Completed, report.Workflow.State);
        Assert.Equal(DatasetStatus.Secured, (await data.LoadAsync("S00012")).Status);
        Assert.Equal(0, data.ComputeRuns);
        Assert.Equal(1, await data.CountAsync("select count(*) from datasets"));
    }

    [Fact]
    public async Task A_master_without_its_source_is_refused_and_nothing_is_copied()
    {
        await using var data = await DataFixture.CreateAsync();
        var closed = await data.RecordAsync();
        File.Delete(Path.Combine(closed.Folder, closed.Files[1].Name));
        await data.TakeInAsync();

        var report = await data.RunFlowAsync("S00012");

        Assert.Equal(WorkflowState.Failed, report.Workflow.State);
        Assert.Equal("transfer.source.missing", report.Workflow.Error?.Code);
        Assert.Empty(Directory.GetFileSystemEntries(data.Storages.Analysis.Folder));
    }

    [Fact]
    public async Task A_recording_outside_its_storage_is_refused()
    {
        await using var data = await DataFixture.CreateAsync();
        var closed = await data.RecordAsync();
        await data.CloseAsync(closed with
        {
            Scan = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Number = 13, Folder = data.Storages.Analysis.Folder,
        });
        await data.TakeInAsync();

        var report = await data.RunFlowAsync("S00013");

        Assert.Equal("storage.path.outside", report.Workflow.Error?.Code);
    }

    [Fact]
    public async Task A_refused_reconstruction_leaves_the_data_secured_and_says_why()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteProgram(
            """
            echo '{"event":"Refused","reasons":[{"code":"reconstruct.source.missing","message":"frames.h5","remedy":"Copy it.","retry":"Never"}]}'
            exit 2
            """);
        await data.RecordAsync();
        await data.TakeInAsync();

        var report = await data.RunFlowAsync("S00012");

        Assert.Equal("reconstruct.source.missing", report.Workflow.Error?.Code);
        Assert.Equal(DatasetStatus.Secured, (await data.LoadAsync("S00012")).Status);
    }

    [Fact]
    public async Task A_bad_copy_stays_called_corrupt_until_it_is_out_of_the_way()
    {
        await using var data = await DataFixture.CreateAsync();
        var closed = await data.RecordAsync(isTomography: false);
        await data.TakeInAsync();
        var folder = System.IO.Path.GetRelativePath(data.Storages.Recordings.Folder, closed.Folder);
        var bad = data.Storages.Analysis.Resolve($"{folder}/{closed.Files[0].Name}");
        Directory.CreateDirectory(Path.GetDirectoryName(bad)!);
        await File.WriteAllTextAsync(bad, "bad", DataFixture.Cancel);
        Assert.Equal("transfer.target.differs", (await data.RunFlowAsync("S00012")).Workflow.Error?.Code);
        await using (var found = data.Database.Owner.CreateCommand(
            "update dataset_copies set state = 'Corrupt', problem = '{}' where storage = 'analysis' and file = 1"))
        {
            Assert.Equal(1, await found.ExecuteNonQueryAsync(DataFixture.Cancel));
        }

        var workflow = new WorkflowId((await data.ReadAsync("S00012")).Workflow!.Value);
        await data.Desk.RetryAsync(workflow, by: null, why: null, DataFixture.Cancel);
        await data.RunFlowAsync("S00012");
        Assert.Equal(1, await data.CountAsync("select count(*) from dataset_copies where state = 'Corrupt' and problem is not null"));
        File.Delete(bad);
        await data.Desk.RetryAsync(workflow, by: null, why: null, DataFixture.Cancel);
        await data.RunFlowAsync("S00012");

        Assert.Equal(2, await data.CountAsync("select count(*) from dataset_copies where storage = 'analysis' and state = 'Verified'"));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_program_that_dies_at_every_step_once_before_and_once_after_its_effects_arrives_once()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteVolumes();
        await data.RecordAsync();
        await data.TakeInAsync();
        await data.FailEveryStepTwiceAsync();

        var report = await data.RunFlowAsync("S00012");

        Assert.Equal(WorkflowState.Completed, report.Workflow.State);
        Assert.Equal(
            ["find", "place", "copy 1", "verified 1", "copy 2", "verified 2", "secure", "reconstruct", "derive"],
            report.Steps.Select(s => s.Name));
        Assert.Equal(2, data.ComputeRuns);
        Assert.Equal(2, await data.CountAsync("select count(*) from datasets"));
        Assert.Equal(2, await data.CountAsync("select count(*) from entries where type = 'dataset.file_copied'"));
        Assert.Equal(4, await data.CountAsync("select count(*) from entries where type = 'dataset.file_verified'"));
        Assert.Equal(1, await data.CountAsync("select count(*) from entries where type = 'dataset.derived'"));
        Assert.Equal(
            0, await data.CountAsync("select count(*) from dataset_copies where storage = 'analysis' and state <> 'Verified'"));
        Assert.Empty(Directory.GetFiles(data.Storages.Analysis.Folder, ".*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_program_stopped_in_a_reconstruction_kills_it_and_makes_one_result_after_its_restart()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteProgram($"echo $$ > '{data.Path("pid.part")}'; mv '{data.Path("pid.part")}' '{data.Path("pid")}'; exec sleep 600");
        await data.RecordAsync();
        await data.TakeInAsync();
        using var stop = new CancellationTokenSource();
        var running = data.RunUntilAsync("S00012", stop.Token);
        while (!File.Exists(data.Path("pid")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, DataFixture.Cancel);
        }

        await stop.CancelAsync();
        var stopped = await running;

        Assert.Equal(WorkflowState.Scheduled, stopped.Workflow.State);
        Assert.False(Directory.Exists("/proc/" + (await File.ReadAllTextAsync(data.Path("pid"), DataFixture.Cancel)).Trim()));
        data.WriteVolumes();

        var report = await data.RunFlowAsync("S00012");

        Assert.Equal(WorkflowState.Completed, report.Workflow.State);
        Assert.Equal(2, await data.CountAsync("select count(*) from datasets"));
        Assert.Equal(1, report.Steps.Single(s => s.Name == "copy 1").Attempt);
    }

    [Fact]
    public async Task A_child_that_dies_is_reported_with_what_it_said_last()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteProgram("echo out of memory >&2; kill -9 $$");
        using var compute = new ComputeProcess(data.Compute);

        var fault = await Assert.ThrowsAsync<FaultException>(() => compute.RunAsync(
            ["compute", "rotation-center", "x"],
            ComputeJson.Default.RotationCentreOutcome,
            progress: null,
            DataFixture.Cancel));

        Assert.Equal("compute.process.died", fault.Reason.Code);
        Assert.Contains("out of memory", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_centre_that_a_job_found_reaches_whoever_asked_for_it()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteProgram("""echo '{"event":"Result","result":{"centre_pixels":129.25,"columns":256}}'""");
        using var compute = new ComputeProcess(data.Compute);
        var job = new RotationCentreJob(compute, data.Database);
        var enqueued = await data.Queue.EnqueueAsync(
            RotationCentreJob.Kind.Of(new("/data/S00003_master.h5")), DataFixture.Cancel);
        var asked = new JobResults(data.Database, data.Jobs).AwaitAsync(
            enqueued.Id, ComputeJson.Default.RotationCentreOutcome, DataFixture.Cancel);

        await using var worker = data.Work(new JobHandlers().Add(
            RotationCentreJob.Kind, job.RunAsync));

        Assert.Equal(129.25, (await asked).CentrePixels);
    }

    [Fact]
    public async Task The_reason_why_a_job_found_no_centre_reaches_whoever_asked_for_it()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteProgram(
            """
            echo '{"event":"Refused","reasons":[{"code":"reconstruct.file.missing","message":"gone","remedy":"Look.","retry":"Never"}]}'
            exit 2
            """);
        using var compute = new ComputeProcess(data.Compute);
        var job = new RotationCentreJob(compute, data.Database);
        var enqueued = await data.Queue.EnqueueAsync(
            RotationCentreJob.Kind.Of(new("/data/S00003_master.h5")), DataFixture.Cancel);
        await using var worker = data.Work(new JobHandlers().Add(
            RotationCentreJob.Kind, job.RunAsync));

        var fault = await Assert.ThrowsAsync<FaultException>(
            () => new JobResults(data.Database, data.Jobs).AwaitAsync(
                enqueued.Id, ComputeJson.Default.RotationCentreOutcome, DataFixture.Cancel));

        Assert.Equal("reconstruct.file.missing", fault.Reason.Code);
    }
}
