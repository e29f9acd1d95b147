using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tests.Recording;

/// <summary>
/// What readers of BEC's files find at which place: kind, class and element of each object of one of its line scans with a
/// motor, a detector and a baseline device. Ours has all of them, and more beside.
/// </summary>
public sealed class KnownLayoutTests
{
    private const string Facts =
        """
        /entry NXentry
        /entry/start_time text
        /entry/end_time text
        /entry/entry_identifier_uuid text
        /entry/program_name text
        /entry/collection NXcollection
        /entry/collection/configuration NXcollection
        /entry/collection/devices NXcollection
        /entry/collection/devices/samx group
        /entry/collection/devices/samx/samx NXdata
        /entry/collection/devices/samx/samx/timestamp float64[n]
        /entry/collection/devices/samx/samx/value float64[n]
        /entry/collection/devices/samx/samx_setpoint group
        /entry/collection/devices/samx/samx_setpoint/timestamp float64[n]
        /entry/collection/devices/samx/samx_setpoint/value float64[n]
        /entry/collection/devices/samy group
        /entry/collection/devices/samy/samy NXdata
        /entry/collection/devices/samy/samy/timestamp float64
        /entry/collection/devices/samy/samy/value float64
        /entry/collection/file_references NXcollection
        /entry/collection/readout_groups NXcollection
        /entry/collection/readout_groups/async NXcollection
        /entry/collection/readout_groups/baseline NXcollection
        /entry/collection/readout_groups/baseline/samy -> /entry/collection/devices/samy
        /entry/collection/readout_groups/monitored NXcollection
        /entry/collection/readout_groups/monitored/bpm4i -> /entry/collection/devices/bpm4i
        /entry/collection/readout_groups/monitored/samx -> /entry/collection/devices/samx
        /entry/collection/states NXcollection
        /entry/collection/metadata NXcollection
        /entry/collection/metadata/start_time text
        /entry/collection/metadata/end_time text
        /entry/collection/metadata/bec group
        /entry/collection/metadata/bec/additional_scan_parameters group
        /entry/collection/metadata/bec/burst_at_each_point int64
        /entry/collection/metadata/bec/exp_time float64
        /entry/collection/metadata/bec/file_components text[n]
        /entry/collection/metadata/bec/frames_per_trigger int64
        /entry/collection/metadata/bec/metadata/RID text
        /entry/collection/metadata/bec/metadata/client_info/username text
        /entry/collection/metadata/bec/num_monitored_readouts int64
        /entry/collection/metadata/bec/num_points int64
        /entry/collection/metadata/bec/positions float64[n,1]
        /entry/collection/metadata/bec/readout_priority/async float64[0]
        /entry/collection/metadata/bec/readout_priority/baseline text[n]
        /entry/collection/metadata/bec/readout_priority/continuous float64[0]
        /entry/collection/metadata/bec/readout_priority/monitored text[n]
        /entry/collection/metadata/bec/readout_priority/on_request float64[0]
        /entry/collection/metadata/bec/readout_priority_modification/async float64[0]
        /entry/collection/metadata/bec/readout_priority_modification/baseline float64[0]
        /entry/collection/metadata/bec/readout_priority_modification/monitored text[n]
        /entry/collection/metadata/bec/readout_priority_modification/on_request float64[0]
        /entry/collection/metadata/bec/readout_time float64
        /entry/collection/metadata/bec/relative bool
        /entry/collection/metadata/bec/request_inputs/arg_bundle text
        /entry/collection/metadata/bec/request_inputs/inputs group
        /entry/collection/metadata/bec/request_inputs/kwargs group
        /entry/collection/metadata/bec/request_inputs/kwargs/relative bool
        /entry/collection/metadata/bec/request_inputs/kwargs/steps int64
        /entry/collection/metadata/bec/run_on_exception_hook bool
        /entry/collection/metadata/bec/scan_id text
        /entry/collection/metadata/bec/scan_name text
        /entry/collection/metadata/bec/scan_number int64
        /entry/collection/metadata/bec/scan_parameters/exp_time float64
        /entry/collection/metadata/bec/scan_parameters/frames_per_trigger int64
        /entry/collection/metadata/bec/scan_parameters/readout_time float64
        /entry/collection/metadata/bec/scan_parameters/relative bool
        /entry/collection/metadata/bec/scan_parameters/settling_time float64
        /entry/collection/metadata/bec/scan_queue text
        /entry/collection/metadata/bec/scan_report_devices text[n]
        /entry/collection/metadata/bec/scan_report_instructions text
        /entry/collection/metadata/bec/scan_type text
        /entry/collection/metadata/bec/settling_time float64
        /entry/collection/metadata/bec/settling_time_after_trigger float64
        /entry/collection/metadata/bec/status text
        /entry/collection/metadata/bec/system_config group
        /entry/collection/metadata/bec/user_metadata group
        /entry/control NXmonitor
        /entry/control/mode text
        /entry/data NXdata
        /entry/data/samx -> /entry/collection/devices/samx/samx/value
        /entry/instrument NXinstrument
        /entry/instrument/source NXsource
        /entry/instrument/source/name text
        /entry/instrument/source/probe text
        /entry/instrument/source/type text
        /entry/sample NXsample
        """;

    [Fact]
    public async Task Every_object_that_readers_of_such_files_know_is_at_its_place()
    {
        await using var bench = new RecordingBench();
        Assert.Equal(ScanEnd.Completed, (await bench.RecordAsync(bench.Line(), 10)).End);

        using var file = H5File.Open(bench["S00012_master.h5"]);
        var facts = Facts.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(facts, facts.Select(fact => Describe(file, fact.Split(' ')[0])));
        Assert.Equal("value", file.OpenGroup("/entry/collection/devices/samx/samx").Attributes.ReadString("signal"));
        Assert.Equal(1.0, file.OpenGroup("/entry").Attributes.Read<double>("version"));
        Assert.Equal(
            ["description"], file.OpenDataset("/entry/entry_identifier_uuid").Attributes.ReadNames());
        Assert.Equal(["version"], file.OpenDataset("/entry/program_name").Attributes.ReadNames());
        Assert.Equal("A. Sato", file.OpenDataset("/entry/user/name").ReadString());
    }

    private static string Describe(H5File file, string path)
    {
        if (!file.HasLink(path))
        {
            return $"{path} missing";
        }

        if (file.ReadLink(path) is { Link: H5LinkKind.Soft, Target: var target })
        {
            return $"{path} -> {target}";
        }

        if (file.KindOf(path) == H5ObjectKind.Group)
        {
            var attributes = file.OpenGroup(path).Attributes;
            return $"{path} {(attributes.Contains("NX_class") ? attributes.ReadString("NX_class") : "group")}";
        }

        using var set = file.OpenDataset(path);
        var element = set.ElementType switch
        {
            { Kind: H5ElementKind.String } => "text",
            { Kind: H5ElementKind.Bool } => "bool",
            { Kind: H5ElementKind.Float, Size: 8 } => "float64",
            { Kind: H5ElementKind.Integer, Size: 8, IsSigned: true } => "int64",
            var other => other.ToString(),
        };
        return set.Shape switch
        {
            [] => $"{path} {element}",
            [0] => $"{path} {element}[0]",
            [_] => $"{path} {element}[n]",
            [_, var columns] => $"{path} {element}[n,{columns}]",
            _ => $"{path} {element}[?]",
        };
    }
}
