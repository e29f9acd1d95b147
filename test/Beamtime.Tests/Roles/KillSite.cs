using System.Text.Json.Nodes;

namespace Beamtime.Tests.Roles;

/// <summary>The beamline on which programs are killed, and what they are asked to do.</summary>
internal static class KillSite
{
    /// <summary>Writes the site and gives its folder.</summary>
    public static string Make(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "beamtime.yaml"), "scans: {beamline: killed}\n");
        File.WriteAllText(Path.Combine(folder, "devices.yaml"), """
            samx:
              {deviceClass: simulated.positioner, deviceConfig: {delay: 0, limits: [-50, 50]}, readoutPriority: baseline, enabled: true}
            Rotary:
              {deviceClass: simulated.rotation, deviceConfig: {velocity: 100000}, readoutPriority: baseline, enabled: true}
            SampleTop_X:
              {deviceClass: simulated.positioner, deviceConfig: {delay: 0, tolerance: 0.001}, readoutPriority: baseline, enabled: true}
            SBS:
              {deviceClass: simulated.shutter, deviceConfig: {place: station, delay: 0}, readoutPriority: on_request, enabled: true}
            Camera:
              deviceClass: simulated.camera
              deviceConfig: {rows: 1024, columns: 128, rotation: Rotary, shutter: SBS, sample_x: SampleTop_X}
              readoutPriority: on_request
              softwareTrigger: true
              enabled: true
              needs: [Rotary, SBS, SampleTop_X]
            bpm4i:
              {deviceClass: simulated.monitor, readoutPriority: monitored, enabled: true, needs: [samx]}
            """);
        return folder;
    }

    /// <summary>What is posted to ask for a scan.</summary>
    public static JsonObject Scan(string name, string[] args, params (string Key, string Value)[] parameters) => new()
    {
        ["scan"] = name,
        ["args"] = new JsonArray([.. args.Select(a => JsonValue.Create(a))]),
        ["parameters"] = new JsonObject(parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)JsonValue.Create(p.Value)))),
    };

    /// <summary>A small tomography: its data set is copied, verified and reconstructed.</summary>
    public static JsonObject Tomography() => Scan(
        "tomo_step", [], ("projections", "12"), ("darks", "6"), ("flats", "6"), ("exposure", "0.001"));
}
