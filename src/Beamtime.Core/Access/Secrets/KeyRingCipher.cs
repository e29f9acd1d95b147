using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Core.Access.Secrets;

/// <summary>Seals the secret part of each key of the ring with the master key, and opens it.</summary>
internal sealed class KeyRingCipher : IXmlEncryptor, IXmlDecryptor
{
    /// <summary>The element that holds a sealed part.</summary>
    public const string Element = "sealed";
    private const string Purpose = "key ring";
    private const string Name = "key";
    private readonly MasterKey _key;

    /// <summary>With the program's master key; the key ring makes the decryptor itself.</summary>
    /// <param name="services">Hold the master key.</param>
    public KeyRingCipher(IServiceProvider services) => _key = services.GetRequiredService<MasterKey>();

    /// <inheritdoc/>
    public EncryptedXmlInfo Encrypt(XElement plaintextElement) => new(
        new XElement(Element, Convert.ToBase64String(_key.Seal(
            Purpose, Name, System.Text.Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting))))),
        typeof(KeyRingCipher));

    /// <inheritdoc/>
    public XElement Decrypt(XElement encryptedElement) => XElement.Parse(System.Text.Encoding.UTF8.GetString(
        _key.Open(Purpose, Name, Convert.FromBase64String(encryptedElement.Value))));

    /// <summary>Seals a part with another key.</summary>
    /// <param name="part">The element of a sealed part.</param>
    /// <param name="from">The key so far.</param>
    /// <param name="to">The new key.</param>
    public static void Reseal(XElement part, MasterKey from, MasterKey to) => part.Value = Convert.ToBase64String(
        to.Seal(Purpose, Name, from.Open(Purpose, Name, Convert.FromBase64String(part.Value))));
}
