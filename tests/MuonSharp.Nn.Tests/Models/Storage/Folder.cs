namespace MuonSharp.Nn.Tests.Models.Storage;

/// <summary>A folder of a test's own; and those of the golden models.</summary>
internal sealed class Folder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("muonsharp-model-").FullName;

    public static string Golden(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "MuonSharp.slnx"))) folder = folder.Parent;
        return System.IO.Path.Combine(folder!.FullName, "tests", "golden", "models", name);
    }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A copy of a golden model's files, which a test may damage.</summary>
    public Folder With(string golden)
    {
        foreach (string file in Directory.EnumerateFiles(Golden(golden), "*model*").Append(System.IO.Path.Combine(Golden(golden), "config.json"))) File.Copy(file, At(System.IO.Path.GetFileName(file)));
        return this;
    }

    public void Replace(string file, string old, string now)
    {
        string text = File.ReadAllText(At(file));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(At(file), text.Replace(old, now, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
