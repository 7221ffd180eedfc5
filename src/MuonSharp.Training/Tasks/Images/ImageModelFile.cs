using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The file of a run folder without which the weights of a network of images mean nothing: <c>images.json</c>, with what it sees of a byte and what its answers are called.</summary>
internal static class ImageModelFile
{
    public const string Name = "images.json";

    private const int MostClasses = 65536;
    private static readonly JsonOptions s_options = new() { Operation = "images", MostBytes = 1 << 24 };

    public static byte[] ToBytes(ImageNormalization normalization, IEnumerable<string> classes)
    {
        JsonObject json = normalization.ToJson();
        json["classes"] = new JsonArray([.. classes.Select(name => (JsonNode)name)]);
        return IndentedJson.ToBytes(json);
    }

    /// <summary>Reads the bytes of such a file.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InvalidFileException">They say something else.</exception>
    public static (ImageNormalization Normalization, ImmutableArray<string> Classes) Parse(ReadOnlySpan<byte> utf8, string path)
    {
        JsonEntry root = JsonFile.Parse(utf8, path, s_options).Object();
        return (ImageNormalization.FromJson(root), [.. root["classes"].Items(1, MostClasses).Select(name => name.Text())]);
    }
}
