using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Beamtime.Roles;

/// <summary>
/// The certificate of REST. Its files are looked at when a client connects, at most once a second: a renewed one counts for
/// the next connection, without a restart; until both files fit together the former one stays.
/// </summary>
internal sealed partial class ApiCertificate
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private readonly string _file;
    private readonly string _key;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private (DateTime, long, DateTime, long) _stamp;
    private SslStreamCertificateContext _current;
    private long _lookedAt;

    /// <summary>Reads the files.</summary>
    /// <param name="file">The certificate, and below it its chain, PEM.</param>
    /// <param name="key">Its private key, PEM.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CryptographicException">One of them is no PEM, or they do not belong together.</exception>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One of them may not be read.</exception>
    public ApiCertificate(string file, string key, TimeProvider time)
    {
        (_file, _key, _time) = (file, key, time);
        _stamp = Stamp();
        _current = Read();
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>When the one in force ends.</summary>
    public DateTimeOffset Ends
    {
        get
        {
            lock (_gate)
            {
                return new DateTimeOffset(_current.TargetCertificate.NotAfter);
            }
        }
    }

    /// <summary>The one in force, for a client that connects.</summary>
    /// <param name="log">Takes renewals.</param>
    public SslStreamCertificateContext Current(ILogger log)
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_lookedAt) >= LookInterval)
            {
                _lookedAt = _time.GetTimestamp();
                Look(log);
            }

            return _current;
        }
    }

    // A client waits for this: what goes wrong is logged once and the former certificate stays.
    private void Look(ILogger log)
    {
        var stamp = Stamp();
        if (stamp == _stamp)
        {
            return;
        }

        _stamp = stamp;
        try
        {
            _current = Read();
            DateTimeOffset ends = new(_current.TargetCertificate.NotAfter);
            LogRenewed(log, _file, ends);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            LogUnusable(log, RoleErrors.TlsUnusable.Code, _file, _key, error.Message);
        }
    }

    private SslStreamCertificateContext Read()
    {
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(_file);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(_file, _key), chain, offline: true);
        }
        catch (ArgumentException foreign)
        {
            // The key of another certificate is told in this way.
            throw new CryptographicException(foreign.Message, foreign);
        }
    }

    // A file that is not there has a stamp as well.
    private (DateTime, long, DateTime, long) Stamp()
    {
        FileInfo file = new(_file), key = new(_key);
        return (file.LastWriteTimeUtc, file.Exists ? file.Length : 0, key.LastWriteTimeUtc, key.Exists ? key.Length : 0);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The renewed certificate {File} counts from now on; it ends {Ends}")]
    private static partial void LogRenewed(ILogger log, string file, DateTimeOffset ends);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The certificate {File} or its key {Key} has changed and cannot be used ({Code}), the former one stays: {Reason}")]
    private static partial void LogUnusable(ILogger log, string code, string file, string key, string reason);
}
