using System.Text.Json;
using Beamtime.Control.Actors;
using Beamtime.Control.Beamline;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Control.Procedures;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Metadata;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Control.Scans.Batons;
using Beamtime.Control.Scans.Lists;
using Beamtime.Control.Scans.Moves;
using Beamtime.Control.Scripts;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Ledger;
using Beamtime.Data.Datasets;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tests.Ledger;

/// <summary>One entry as it is written.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Version">Its version.</param>
/// <param name="Data">Its JSON.</param>
internal sealed record WrittenEntry(string Type, int Version, string Data);

/// <summary>
/// A possible life of one thing of each kind, in which every type of entry as it is written now occurs. A new type is given
/// its place here; the samples that are frozen from it are never changed again.
/// </summary>
internal static class EntryExamples
{
    private static readonly Guid Id = Guid.Parse("01900000-0000-7000-8000-000000000001");
    private static readonly Guid Other = Guid.Parse("01900000-0000-7000-8000-000000000002");
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string Sha256 = new('a', 64);
    private static readonly Reason Reason = ScanErrors.Aborted.Because("Aborted by request: wrong sample.");
    private static readonly JsonElement Number = JsonSerializer.SerializeToElement(1.25);

    /// <summary>The lives by kind.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<WrittenEntry>> ByKind { get; } =
        new Dictionary<string, IReadOnlyList<WrittenEntry>>
        {
            [ScanRecord.Kind.Name] = Written(
                ScanRecord.Kind,
                new ScanAdmitted("2-bm", 12, "primary", new ScanRequest
                {
                    Scan = "line",
                    Args = ["samx", "-5", "5"],
                    Parameters = new Dictionary<string, string> { ["steps"] = "11" },
                    Metadata = new Dictionary<string, string> { ["title"] = "first light" },
                }),
                new ScanStarted("/data/2-bm/S00012", "S00012", 11),
                new ScanPaused(4),
                new ScanResumed(),
                new ScanCalled("eiger", "arm", ["2", "fast"], "ready", null, 4),
                new ScanEnded(ScanState.Aborted, 7, [Reason])),
            [MetadataRecord.Kind.Name] = Written(
                MetadataRecord.Kind,
                new MetadataSet("2-bm", MetadataScope.Account, "p12345", "", new Dictionary<string, string> { ["sample_name"] = "quartz" }, ["comment"]),
                new MetadataEntered("2-bm", MetadataScope.Account, "p12345", "align", new Dictionary<string, string> { ["stage"] = "coarse" }, Start.AddHours(8)),
                new MetadataLeft("2-bm", MetadataScope.Account, "p12345", "align")),
            [ActorRecord.Kind.Name] = Written(
                ActorRecord.Kind,
                new ActorDefined("2-bm", "refocus", new ActorDefinition
                {
                    When = new Dictionary<string, IReadOnlyList<StateStatus>> { ["current"] = [StateStatus.Valid, StateStatus.Warning] },
                    Script = "commands",
                    Request = new ScriptRequest { Parameters = new Dictionary<string, string> { ["text"] = "mv samx 0" } },
                }),
                new ActorActed(Other, "current", "ring.current is 102"),
                new ActorFailed("current", [Reason]),
                new ActorSwitched(false),
                new ActorRemoved()),
            [MoveRecord.Kind.Name] = Written(
                MoveRecord.Kind,
                new MoveBegan("2-bm", Start, [new MoveWay("samx", 1.5, 3, "mm"), new MoveWay("samr", 0, 90, "deg")]),
                new MoveOver(MoveState.Failed, Start.AddSeconds(4), [new MovePlace("samx", 3, null), new MovePlace("samr", 41.5, Reason)])),
            [StateRecord.Kind.Name] = Written(
                StateRecord.Kind,
                new StateDefined("2-bm", new StateDefinition
                {
                    Name = "current", Kind = StateKind.WithinLimits, Address = "ring.current", Low = 80, High = 200,
                    Tolerance = 2, HoldSeconds = 5, Description = "ring current, mA",
                }),
                new StateChanged("2-bm", "current", StateStatus.Valid, StateStatus.Invalid, "ring.current is 3, outside 80 to 200"),
                new StateRemoved()),
            [InterlockRecord.Kind.Name] = Written(
                InterlockRecord.Kind,
                new InterlockConfigured("2-bm", new InterlockSettings(
                    true,
                    LossAction.Pause,
                    new Dictionary<string, IReadOnlyList<StateStatus>> { ["current"] = [StateStatus.Valid, StateStatus.Warning] })),
                new InterlockTripped("2-bm", "current is invalid"),
                new InterlockHeld(Other, 12),
                new InterlockCleared("all states are as they must be")),
            [ScanListRecord.Kind.Name] = Written(
                ScanListRecord.Kind,
                new ListAdded("2-bm", "night", "line"),
                new ListTimed(Start),
                new ListSubmitted([12, 13], 2),
                new ListCleared(1)),
            [BatonRecord.Kind.Name] = Written(
                BatonRecord.Kind,
                new BatonTaken("2-bm", IsOverride: false),
                new BatonReleased()),
            [AlarmRecord.Kind.Name] = Written(
                AlarmRecord.Kind,
                new AlarmRaised("2-bm", AlarmSeverity.Major, "scan", Reason)
                {
                    Scan = Other,
                    ScanNumber = 12,
                    Device = "samx",
                    Details = new Dictionary<string, string> { ["queue"] = "primary" },
                },
                new AlarmAcknowledged("the stage is homed")),
            [ScanQueueRecord.Kind.Name] = Written(
                ScanQueueRecord.Kind,
                new QueuePaused(),
                new QueueReordered(13, 3, 1),
                new QueueLocked("interlock", "no beam", AllowsMoves: true),
                new QueueReleased("interlock"),
                new QueueResumed(),
                new QueueCleared(4)),
            [ConfigurationRecord.Kind.Name] = Written(
                ConfigurationRecord.Kind,
                new ConfigurationChanged("2-bm", 3, ConfigurationAction.Update, 4, ["eiger"], ["samz"], ["samx", "samy"], ["eiger"])),
            [UserHistory.Kind.Name] = Written(
                UserHistory.Kind,
                new UserCreated(["operator", "scientist"]),
                new UserPasswordSet(),
                new UserRolesSet(["viewer"]),
                new UserSignedIn(Other),
                new UserSignInRefused("access.sign_in.refused"),
                new UserSignInEnded(Other, "signed out"),
                new UserKeyCreated("k-1", ["scans.*"], Start.AddDays(30)),
                new UserKeyRevoked("k-1"),
                new UserDisabled(),
                new UserEnabled()),
            [SecretHistory.Kind.Name] = Written(SecretHistory.Kind, new SecretStored(), new SecretRemoved()),
            [MasterKeyHistory.Kind.Name] = Written(MasterKeyHistory.Kind, new MasterKeyRotated("0a1b", "2c3d", IsAbandoned: true)),
            [PersonRecord.Kind.Name] = Written(PersonRecord.Kind, new PersonForgotten()),
            [RecordingStore.Kind.Name] = Written(
                RecordingStore.Kind,
                new RecordingClosed(
                    Id, "2-bm", 12, "line", ScanEnd.Aborted, 7, Start, Start.AddSeconds(9), "/data/2-bm/S00012",
                    [
                        new RecordedFile("S00012_master.h5", 4096, Start.AddSeconds(10), Sha256),
                        new RecordedFile("S00012_camera.h5", 1L << 33, Start.AddSeconds(10), null),
                    ],
                    ["exchange"],
                    new Dictionary<string, string> { ["steps"] = "11" })),
            [DatasetStream.Kind.Name] = Written(
                DatasetStream.Kind,
                new DatasetRegistered
                {
                    Name = "S00012",
                    Origin = DatasetOrigin.Recording,
                    Beamline = "2-bm",
                    Number = 12,
                    Recording = Id,
                    Made = "line",
                    End = ScanEnd.Completed,
                    StartedAt = Start,
                    EndedAt = Start.AddSeconds(9),
                    Files = [new DatasetFile("S00012_master.h5", 4096, Start.AddSeconds(10), Sha256)],
                    DerivedFrom = [Other],
                    Parameters = new Dictionary<string, string> { ["steps"] = "11" },
                },
                new DatasetPlaced("recordings", "2-bm/S00012"),
                new FileCopied("S00012_master.h5", "analysis", 4096, Sha256, WasThere: true),
                new FileBroken("S00012_master.h5", "analysis", "transfer.checksum.mismatch", "It reads back as something else."),
                new FileVerified("S00012_master.h5", "analysis", Sha256),
                new DatasetSecured("analysis"),
                new DatasetDerived(Other, "S00012_rec")),
            [ProcedureRecord.Kind.Name] = Written(
                ProcedureRecord.Kind,
                new ProcedureStarted(
                    "2-bm",
                    "align_centre",
                    new Dictionary<string, JsonElement> { ["angle"] = Number },
                    Sha256,
                    [new StepOutline("set", "samx", "move away"), new StepOutline("capture", "samx", "read back")],
                    ClosingFrom: 1),
                new StepStarted(0, "set samx to 1.25 mm"),
                new StepEnded(
                    0,
                    StepState.Failed,
                    new Dictionary<string, JsonElement> { ["samx"] = Number },
                    Number,
                    "samx is 1.25 mm",
                    2.5,
                    [Reason]),
                new ProcedureHeld(Reason),
                new ProcedureResumed(1),
                new ProcedureEnded(ProcedureState.Failed, [Reason])),
        };

    private static IReadOnlyList<WrittenEntry> Written<TState, TEntry>(
        StreamKind<TState, TEntry> kind, params TEntry[] entries)
        where TState : class
        where TEntry : class =>
        [.. entries.Select(entry => kind.Entries.Write(entry)).Select(e => new WrittenEntry(e.Type, e.Version, e.Json))];
}
