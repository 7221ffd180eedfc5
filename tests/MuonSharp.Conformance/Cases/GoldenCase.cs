using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Conformance.Cases;

/// <summary>A case: a folder with <c>case.json</c> and the files that it names.</summary>
internal sealed class GoldenCase
{
    public const string FileName = "case.json";

    private GoldenCase(string folder, JsonObject description) => (Folder, Description) = (folder, description);

    public string Folder { get; }

    public JsonObject Description { get; }

    public string Kind => Text("kind");

    public static GoldenCase Open(string folder)
    {
        folder = Path.Combine(GoldenFolders.Root, folder);
        string file = Path.Combine(folder, FileName);
        Assert.True(File.Exists(file), $"{folder}: there is no {FileName} in it or below it");
        return new GoldenCase(folder, JsonNode.Parse(File.ReadAllText(file))!.AsObject());
    }

    /// <summary>A text of case.json.</summary>
    public string Text(string key) => (string?)Needed(key) ?? throw Missing(key);

    /// <summary>A number of case.json.</summary>
    public double Number(string key) => (double)Needed(key);

    /// <summary>A whole number of case.json.</summary>
    public int Whole(string key) => (int)Needed(key);

    /// <summary>The tolerance, or one of several.</summary>
    public double Tolerance(string? of = null) => (double)((of is null ? Needed("tolerance") : Needed("tolerance")[of]) ?? throw Missing($"tolerance.{of}"));

    /// <summary>The path of a file of the case.</summary>
    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Opens the file that case.json names.</summary>
    public SafetensorsFile Tensors() => SafetensorsFile.Open(PathOf(Text("file")));

    private JsonNode Needed(string key) => Description[key] ?? throw Missing(key);

    private InvalidOperationException Missing(string key) => new($"[conformance] {Folder}: {FileName} must have '{key}'; it is missing");
}
