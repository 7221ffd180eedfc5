using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>Where a text comes from: one or more paths. Each is a file, a folder (the texts in it), a pattern such as <c>notes/*.txt</c>, or <c>-</c> for standard input.</summary>
/// <remarks>The texts are joined in the order of the paths; those of a folder or a pattern in ordinal order of their names, <c>/</c> between folders. A line end is put between two texts where the first one does not end in one.</remarks>
public sealed class DataFiles : IEquatable<DataFiles>
{
    /// <summary>The path that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>A text from some paths.</summary>
    /// <param name="paths">One or more, none of them empty.</param>
    /// <exception cref="ArgumentException">There is none, or an empty one.</exception>
    public DataFiles(params ImmutableArray<string> paths)
    {
        if (paths.IsDefaultOrEmpty || paths.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("[data] one path or more must be named, and none may be empty", nameof(paths));
        }

        Paths = paths;
    }

    /// <summary>The paths.</summary>
    public ImmutableArray<string> Paths { get; }

    /// <summary>A text from one path; null for null.</summary>
    /// <param name="path">The path.</param>
    [return: NotNullIfNotNull(nameof(path))]
    public static implicit operator DataFiles?(string? path) => path is null ? null : new(path);

    /// <summary>A text from one path.</summary>
    /// <param name="path">The path.</param>
    public static DataFiles FromString(string path) => new(path);

    /// <inheritdoc/>
    public bool Equals(DataFiles? other) => other is not null && Paths.AsSpan().SequenceEqual(other.Paths.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DataFiles);

    /// <inheritdoc/>
    public override int GetHashCode() => Paths.Aggregate(0, HashCode.Combine);

    /// <summary>The path, or the first and how many more there are.</summary>
    public override string ToString() =>
        (Paths[0] == StandardInput ? "standard input" : Paths[0]) + (Paths.Length == 1 ? "" : $" and {Paths.Length - 1} more");

    /// <summary>The paths as a setting takes them: the path, or a JSON list.</summary>
    /// <param name="paths">The paths.</param>
    public static string ToSetting(IReadOnlyList<string> paths) => paths.Count == 1 ? paths[0] : JsonSerializer.Serialize(paths, DataFilesJson.Default.IReadOnlyListString);

    /// <summary>The same paths, such that they hold from any directory.</summary>
    internal DataFiles Full() => new([.. Paths.Select(path => path == StandardInput ? path : Path.GetFullPath(path))]);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class DataFilesJson : System.Text.Json.Serialization.JsonSerializerContext;
