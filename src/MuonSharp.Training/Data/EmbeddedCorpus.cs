using System.Reflection;

namespace MuonSharp.Training;

/// <summary>The text that comes with the library: Jane Austen's <i>Pride and Prejudice</i> and <i>Northanger Abbey</i>.</summary>
/// <remarks>1,118,181 bytes of ASCII with 77 distinct characters, in the public domain; see <c>Data/austen.md</c> for its origin.</remarks>
public static class EmbeddedCorpus
{
    /// <summary>What messages and banners call it.</summary>
    public const string Name = "austen.txt (embedded)";

    /// <summary>The whole text.</summary>
    public static string Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("data/austen.txt")
            ?? throw new InvalidOperationException("[data] the library must contain its corpus; there is none");
        byte[] utf8 = new byte[stream.Length];
        stream.ReadExactly(utf8);
        return TextFile.Decode(utf8, Name);
    }
}
