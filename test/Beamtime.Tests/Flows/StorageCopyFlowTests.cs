using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Datasets;
using Beamtime.Data.Flows;
using Beamtime.Data.Storage;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Flows;

/// <summary>Recordings on further storages, by the settings or because somebody asked.</summary>
public sealed class StorageCopyFlowTests
{
    [Fact]
    public async Task Every_recording_is_mirrored_by_a_flow_of_its_own_with_what_was_read_back()
    {
        await using var data = await DataFixture.CreateAsync(WithHome(isMirrored: true));
        var closed = await data.RecordAsync(isTomography: false);
        await data.TakeInAsync();
        Assert.Equal(WorkflowState.Completed, (await data.RunFlowAsync("S00012")).Workflow.State);

        var report = await data.RunUntilAsync(await MirrorAsync(data), CancellationToken.None);

        Assert.Equal(WorkflowState.Completed, report.Workflow.State);
        var content = await data.ReadAsync("S00012");
        Assert.Equal(2, content.Copies.Count(c => c is { Storage: "home", State: CopyState.Verified }));
        var folder = (await data.LoadAsync("S00012")).Folder;
        foreach (var file in closed.Files)
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(closed.Folder, file.Name), DataFixture.Cancel),
                await File.ReadAllBytesAsync(data.Storages["home"].Resolve($"{folder}/{file.Name}"), DataFixture.Cancel));
        }
    }

    [Fact]
    public async Task A_mirror_without_room_holds_up_nothing_and_goes_on_when_there_is_some()
    {
        var options = WithHome(isMirrored: true);
        await using var data = await DataFixture.CreateAsync(options);
        await data.RecordAsync(isTomography: false);
        await data.TakeInAsync();
        var home = data.Storages["home"];
        Directory.Delete(home.Folder, recursive: true);
        await File.WriteAllTextAsync(home.Folder, "no folder", DataFixture.Cancel);

        Assert.Equal(WorkflowState.Completed, (await data.RunFlowAsync("S00012")).Workflow.State);
        Assert.Equal(DatasetStatus.Secured, (await data.LoadAsync("S00012")).Status);
        var mirror = await MirrorAsync(data);

        File.Delete(home.Folder);
        Directory.CreateDirectory(home.Folder);
        var report = await data.RunUntilAsync(mirror, CancellationToken.None);
        if (report.Workflow.State == WorkflowState.Failed)
        {
            (await data.Desk.RetryAsync(mirror, PersonId.LocalOperator, "the folder is back", DataFixture.Cancel)).OrThrow();
            report = await data.RunUntilAsync(mirror, CancellationToken.None);
        }

        Assert.Equal(WorkflowState.Completed, report.Workflow.State);
    }

    [Fact]
    public async Task A_copy_that_was_asked_for_is_made_once_and_a_bad_one_is_told()
    {
        await using var data = await DataFixture.CreateAsync(WithHome(isMirrored: false));
        await data.RecordAsync(isTomography: false);
        await data.TakeInAsync();
        var desk = new StorageCopyDesk(data.Database, data.Ledger, data.Store, data.Storages, data.Workflows);
        var early = await Assert.ThrowsAsync<RefusedException>(() => AskAsync("home"));
        Assert.Equal("dataset.not_placed", early.Reasons[0].Code);
        await data.RunFlowAsync("S00012");
        var unknown = await Assert.ThrowsAsync<RefusedException>(() => AskAsync("hom"));
        Assert.Equal("storage.unknown", unknown.Reasons[0].Code);

        var key = Guid.Parse("01900000-0000-7000-8000-000000000009");
        var first = await AskAsync("home", key);
        Assert.Equal(first, await AskAsync("home", key));
        Assert.Equal(WorkflowState.Completed, (await data.RunUntilAsync(new WorkflowId(first.Workflow), CancellationToken.None)).Workflow.State);

        // Asked again it is looked at: what lies there and is another file is told, and never written over.
        var folder = (await data.LoadAsync("S00012")).Folder;
        var copy = data.Storages["home"].Resolve($"{folder}/S00012_master.h5");
        await File.WriteAllTextAsync(copy, "another", DataFixture.Cancel);
        var again = await AskAsync("home");
        var report = await data.RunUntilAsync(new WorkflowId(again.Workflow), CancellationToken.None);
        Assert.Equal((WorkflowState.Failed, "transfer.target.differs"), (report.Workflow.State, report.Workflow.Error?.Code));
        Assert.Equal("another", await File.ReadAllTextAsync(copy, DataFixture.Cancel));

        Task<StorageCopyAnswer> AskAsync(string storage, Guid? key = null) => desk.AskAsync(
            "S00012", new StorageCopyRequest { Storage = storage }, PersonId.LocalOperator, key, DataFixture.Cancel);
    }

    [Fact]
    public void A_mirror_that_is_no_further_storage_is_refused_at_the_start()
    {
        var options = WithHome(isMirrored: true);
        options.Mirrors = ["hom", "analysis", "home", "home"];
        Assert.Equal(3, options.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(options)).Count());
    }

    private static StorageOptions WithHome(bool isMirrored)
    {
        var options = new StorageOptions { Mirrors = isMirrored ? ["home"] : [] };
        options.Places["home"] = new StorageEntry { Path = "home", Tier = StorageTier.Home, ReserveBytes = 0 };
        return options;
    }

    private static async Task<WorkflowId> MirrorAsync(DataFixture data)
    {
        await using var command = data.Database.Source.CreateCommand("select id from workflows where kind = 'storage_copy'");
        return new WorkflowId((Guid)(await command.ExecuteScalarAsync(DataFixture.Cancel))!);
    }
}
