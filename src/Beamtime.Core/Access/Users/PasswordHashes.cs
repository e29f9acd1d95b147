using System.Security.Cryptography;
using System.Threading.RateLimiting;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Beamtime.Core.Access.Users;

/// <summary>
/// Hashes of passwords, by the framework's hasher. A check costs the same whether the user exists or not, and only a few
/// are done at once, so that nobody can take the machine's time by guessing.
/// </summary>
internal sealed class PasswordHashes : IDisposable
{
    private const int AtOnce = 2;
    private const int Waiting = 64;
    private static readonly object Nobody = new();
    private readonly PasswordHasher<object> _hasher;
    private readonly string _decoy;
    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = AtOnce,
        QueueLimit = Waiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>With the cost of the settings.</summary>
    /// <param name="options">The settings.</param>
    public PasswordHashes(AccessOptions options)
    {
        _hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = options.PasswordIterations }));
        _decoy = _hasher.HashPassword(Nobody, Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
    }

    /// <summary>The hash to keep.</summary>
    /// <param name="password">The password.</param>
    public string Hash(string password) => _hasher.HashPassword(Nobody, PasswordRules.Normal(password));

    /// <summary>Whether a password fits, and the hash to keep from now on where the present one is of lower cost.</summary>
    /// <param name="hash">The kept hash; null where there is no such user or no password, which takes as long.</param>
    /// <param name="password">The password.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException"><c>access.sign_in.throttled</c>: too many wait.</exception>
    public async Task<(bool Fits, string? Better)> CheckAsync(string? hash, string password, CancellationToken cancel)
    {
        using var turn = await _limiter.AcquireAsync(1, cancel);
        if (!turn.IsAcquired)
        {
            throw new RefusedException(AccessErrors.Throttled.Because("too many sign-ins are being checked; try again in 1 s"));
        }

        if (password.Length > PasswordRules.Most * 4)
        {
            password = "";
        }

        var normal = PasswordRules.Normal(password);
        var result = _hasher.VerifyHashedPassword(Nobody, hash ?? _decoy, normal);
        return hash is null || result == PasswordVerificationResult.Failed
            ? (false, null)
            : (true, result == PasswordVerificationResult.SuccessRehashNeeded ? _hasher.HashPassword(Nobody, normal) : null);
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();
}
