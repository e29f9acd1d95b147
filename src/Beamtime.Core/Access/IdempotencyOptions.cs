using System.ComponentModel;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Access;

/// <summary>Settings of requests that are sent with an <c>Idempotency-Key</c>.</summary>
[SettingsSection("idempotency")]
internal sealed class IdempotencyOptions
{
    /// <summary>How long answers are kept.</summary>
    [Description("How long the answer to a request with an Idempotency-Key is kept and given again.")]
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a claim holds without being renewed.</summary>
    [Description("After this time without a sign of the program that worked on a request, a repeat is no longer told to wait.")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);
}
