using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Control.Devices;
using Beamtime.Control.Points;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tests.Scans;

/// <summary>A frozen sample of each message that goes between the roles of a scan: a newer role understands an older one.</summary>
public sealed class RoadMessageTests
{
    private const string Scan = "00000000-0000-7000-8000-000000000001";

    private const string Reason =
        """
        {"code":"device.fault","message":"m","remedy":"r","retry":"Later"}
        """;

    [Fact]
    public void Instruction_1()
    {
        var read = Read(
            $$$"""
            {"owner_epoch":7,"operations":[
              {"phase":0,"kind":"Set","device":"samx","signal":"samx","value":["f",1.5]},
              {"phase":1,"kind":"Wait","device":"","value":["f","NaN"]},
              {"phase":2,"kind":"Read","device":"bpm4i","value":null}],
             "scan":"{{{Scan}}}","point":3,"own":[{"value":["i",4],"timestamp":"2026-01-02T03:04:05+00:00"}],
             "allows_gaps":true,"setup":{"scan":"{{{Scan}}}","number":1,"folder":"/d","file_prefix":"S00001",
             "exposure_seconds":0.1,"frames_per_trigger":2,"points":5,"parameters":{"a":"b"}},"exposure_seconds":0.2}
            """,
            DeviceTopicJson.Default.Instruction);
        Assert.Equal((7, 3, true, 0.2), (read.OwnerEpoch, read.Point, read.AllowsGaps, read.ExposureSeconds));
        Assert.Equal(new Operation(0, OperationKind.Set, "samx", "samx", Value.Of(1.5)), read.Operations[0]);
        Assert.True(double.IsNaN(read.Operations[1].Value.AsDouble()));
        Assert.True(read.Operations[2].Value.IsMissing);
        Assert.Equal(Value.Of(4L), read.Own[0].Value);
        Assert.Equal((1, "b"), (read.Setup!.Number, read.Setup.Parameters["a"]));
    }

    [Fact]
    public void Instruction_2()
    {
        var read = Read(
            $$$"""
            {"owner_epoch":7,"id":12,"server":"{{{Scan}}}","operations":[],"point":-1,"own":[],"allows_gaps":false,"exposure_seconds":0}
            """,
            DeviceTopicJson.Default.Instruction);
        Assert.Equal((12, Guid.Parse(Scan)), (read.Id, read.Server));
    }

    [Fact]
    public void Devices_1()
    {
        var roster = Read(
            $$$"""
            {"server":"{{{Scan}}}","devices":[{"name":"samx","device_class":"c","readout_priority":"OnRequest","read_only":false,
             "software_trigger":true,"description":"d","tags":["t"],"abilities":"Settable, Staged",
             "signals":[{"name":"samx","kind":"Hinted","type":"Float","shape":[],"description":"","is_settable":true}]},
             {"name":"off","device_class":"c","readout_priority":"Baseline","read_only":true,"software_trigger":false,
             "description":"","tags":[],"abilities":"None","signals":[],"unusable":{{{Reason}}}}]}
            """,
            DeviceTopicJson.Default.DeviceRosterState);
        Assert.Equal(DeviceAbilities.Settable | DeviceAbilities.Staged, roster.Devices[0].Abilities);
        Assert.Equal("device.fault", roster.Devices[1].Unusable!.Code);
        Assert.Equal(3, Read($$$"""{"server":"{{{Scan}}}","owner_epoch":3}""", DeviceTopicJson.Default.DeviceBeat).OwnerEpoch);
        Assert.Equal(Value.Of(2.0), Read(
            $$$"""{"server":"{{{Scan}}}","rows":{"samx":[{"value":["f",2],"timestamp":"2026-01-02T03:04:05+00:00"}]}}""",
            DeviceTopicJson.Default.DeviceValues).Rows["samx"][0].Value);
        Assert.Equal("beam", Read(
            """{"device":"beam","signal":"s","reading":{"value":["i",1],"timestamp":"2026-01-02T03:04:05+00:00"}}""",
            DeviceTopicJson.Default.DeviceChange).Device);
        Assert.Equal(12, Read("""{"epoch":4,"uses":{"samx":12}}""", DeviceTopicJson.Default.OwnerBeat).Uses["samx"]);
        Assert.Equal(["samx"], Read("""{"devices":["samx"]}""", DeviceTopicJson.Default.StopRequest).Devices!);
        Assert.Null(Read("{}", DeviceTopicJson.Default.StopRequest).Devices);
        Assert.Single(Read($$$"""{"failed":[{{{Reason}}}]}""", DeviceTopicJson.Default.StopDone).Failed);
        Assert.Equal(Value.Of(1.5), Read("""{"device":"samx","signal":"s","target":["f",1.5]}""", DeviceTopicJson.Default.SetRequest).Target);
    }

    [Fact]
    public void Scan_commands_1()
    {
        var command = Read(
            $$$"""
            {"kind":"Submit","who":"{{{Scan}}}","request":{"scan":"line","args":["samx","0","1"],"parameters":{"steps":"3"},"metadata":{}},
             "key":"{{{Scan}}}","scan":"","reason":"","may_override":false}
            """,
            ScanTopicJson.Default.ScanCommand);
        Assert.Equal((ScanCommandKind.Submit, "line"), (command.Kind, command.Request!.Scan));
        var status = Read($$$"""{"scan":"{{{Scan}}}","queue":"primary","phase":"p","points":3,"is_paused":true,"waits_for":{"samx":"used by scan 1"}}""", ScanTopicJson.Default.ScanStatus);
        Assert.Equal((3, true, "used by scan 1"), (status.Points, status.IsPaused, status.WaitsFor!["samx"]));
        Assert.Empty(Read("""{"scans":[]}""", ScanTopicJson.Default.ScanServerStatus).Scans);
        Assert.Equal(
            new QueueMove(QueueDirection.To, 2),
            Read(
                $$$"""{"kind":"Move","who":"{{{Scan}}}","scan":"7","reason":"r","may_override":true,"roles":["operator"],"move":{"direction":"To","place":2}}""",
                ScanTopicJson.Default.ScanCommand).Move);
        var locked = Read(
            $$$"""{"kind":"Lock","who":"{{{Scan}}}","queue":"all","reason":"r","owner":"o","allows_moves":false}""",
            ScanTopicJson.Default.QueueCommand);
        Assert.Equal((QueueCommandKind.Lock, "all", "o", false), (locked.Kind, locked.Queue, locked.Owner, locked.AllowsMoves));
        Assert.Equal(7, Read("""{"next":7,"is_ended":false}""", RecordingJson.Default.RecordingProgress).Next);
        Assert.Equal(Guid.Parse(Scan), Read($$$"""{"scan":"{{{Scan}}}"}""", RecordingJson.Default.RecordingQuestion).Scan);
        Assert.Empty(Read("""{"scans":[]}""", PointTopicJson.Default.OpenScans).Scans);
    }

    [Fact]
    public void InstructionDone_1()
    {
        var read = Read(
            """
            {"rows":{"samx":[{"value":["f",1],"timestamp":"2026-01-02T03:04:05+00:00"}]},
             "files":{"cam":[{"file_name":"c.h5","dataset":"/d","index_signal":"i","frame_shape":[2,3],"element_type":"uint16"}]}}
            """,
            DeviceTopicJson.Default.InstructionDone);
        Assert.Equal(Value.Of(1.0), read.Rows["samx"][0].Value);
        Assert.Equal([2, 3], read.Files["cam"][0].FrameShape);
    }

    [Fact]
    public void PointReadings_1()
    {
        var read = Read(
            $$$"""
            {"scan":"{{{Scan}}}","point":3,"row":[{"value":["b",true],"timestamp":"2026-01-02T03:04:05+00:00"},
             {"value":["t","x"],"timestamp":"2026-01-02T03:04:05+00:00"},{"value":["a",[1,"Infinity"]],"timestamp":"2026-01-02T03:04:05+00:00"}],
             "at":"2026-01-02T03:04:05.5+00:00","gaps":[{{{Reason}}}]}
            """,
            DeviceTopicJson.Default.PointReadings);
        Assert.Equal((3, "device.fault"), (read.Point, read.Gaps[0].Code));
        Assert.Equal([1, double.PositiveInfinity], read.Row[2].Value.AsArray().ToArray());
    }

    [Fact]
    public void Opened_1()
    {
        const string Opened =
            $$$"""
            {"kind":"opened","number":2,"beamline":"2-bm","scan_name":"line","folder":"/d","file_prefix":"S00002",
             "started_at":"2026-01-02T03:04:05+00:00","planned_points":3,
             "columns":[{"device":"samx","signals":[{"name":"samx","kind":"Hinted","type":"Float","shape":[],"unit":"mm",
               "description":"","is_settable":true,"limits":{"item1":-5,"item2":5}}],"offset":0}],
             "baseline":[{"device":"slit","signals":[],"readings":[]}],"configuration":[],
             "frames":{"cam":{"file_name":"c.h5","dataset":"/d","frame_shape":[2,3],"element_type":"uint16"}},
             "motors":["samx"],"readout_groups":{"monitored":["samx"]},"parameters":{"steps":"3"},"user_metadata":{"title":"t"},
             "who":"w","scan":"{{{Scan}}}"}
            """;
        foreach (var codec in (JsonTypeInfo<ScanDocument>[])[ScanTopicJson.Document, PointTopicJson.Document])
        {
            var read = Assert.IsType<ScanOpened>(Read(Opened, codec));
            Assert.Equal((2, (-5, 5)), (read.Number, read.Columns[0].Signals[0].Limits));
        }
    }

    [Fact]
    public void Closed_1()
    {
        const string Closed =
            $$$"""
            {"kind":"closed","end":"Aborted","points":2,"reasons":[{{{Reason}}}],"at":"2026-01-02T03:04:05+00:00","scan":"{{{Scan}}}"}
            """;
        foreach (var codec in (JsonTypeInfo<ScanDocument>[])[ScanTopicJson.Document, PointTopicJson.Document])
        {
            Assert.Equal((ScanEnd.Aborted, 2), Read(Closed, codec) is ScanClosed read ? (read.End, read.Points) : default);
        }
    }

    [Fact]
    public void Point_1()
    {
        var read = Assert.IsType<Point>(Read(
            $$$"""
            {"kind":"point","id":4,"row":[{"value":["f",1.25],"timestamp":"2026-01-02T03:04:05+00:00"}],
             "at":"2026-01-02T03:04:05+00:00","scan":"{{{Scan}}}"}
            """,
            PointTopicJson.Document));
        Assert.Equal((4, Value.Of(1.25)), (read.Id, read.Row[0].Value));
    }

    [Fact]
    public void RecordingNotice_1()
    {
        var fault = Assert.IsType<RecordingFault>(Read(
            $$$"""{"kind":"fault","reason":{{{Reason}}},"ends_scan":true,"scan":"{{{Scan}}}"}""", RecordingJson.Default.RecordingNotice));
        Assert.True(fault.EndsScan);
        var done = Assert.IsType<RecordingDone>(Read(
            $$$"""
            {"kind":"closed","closed":{"scan":"{{{Scan}}}","beamline":"2-bm","number":2,"scan_name":"line","end":"Completed",
             "points":3,"started_at":"2026-01-02T03:04:05+00:00","ended_at":"2026-01-02T03:04:06+00:00","folder":"/d",
             "files":[{"name":"S00002_master.h5","bytes":10,"modified_at":"2026-01-02T03:04:06+00:00","sha256":"ab"}],
             "sections":["NXtomo"],"parameters":{"steps":"3"}},"scan":"{{{Scan}}}"}
            """,
            RecordingJson.Default.RecordingNotice));
        Assert.Equal((2, "ab"), (done.Closed.Number, done.Closed.Files[0].Sha256));
    }

    // What is written today is what the sample says, key by key.
    private static T Read<T>(string sample, JsonTypeInfo<T> type)
    {
        var message = JsonSerializer.Deserialize(sample, type)!;
        using var expected = JsonDocument.Parse(sample);
        using var written = JsonDocument.Parse(JsonSerializer.Serialize(message, type));
        Assert.True(
            JsonElement.DeepEquals(expected.RootElement, written.RootElement),
            $"{written.RootElement.GetRawText()} was written, the sample is {sample}");
        return message;
    }
}
