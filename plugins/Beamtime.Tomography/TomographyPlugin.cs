using Beamtime.Sdk.Plugins;

namespace Beamtime.Tomography;

/// <summary>Tomography: scans with darks, flats and projections, and the DataExchange and NXtomo sections of their files.</summary>
public sealed class TomographyPlugin : Plugin
{
    /// <inheritdoc/>
    public override void Register(PluginRegistry registry)
    {
        registry.AddScan(StepTomography.Declaration);
        registry.AddScan(PairTomography.Declaration);
        registry.AddSection(new ExchangeSection());
        registry.AddSection(new NexusSection());
    }
}
