namespace MuonSharp.EndToEnd.Processes;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => FullPath = Directory.CreateTempSubdirectory("muonsharp-").FullName;

    public string FullPath { get; }

    /// <summary>A path below the folder.</summary>
    public string At(params string[] parts) => Path.Combine([FullPath, .. parts]);

    /// <summary>Writes a file below the folder.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
