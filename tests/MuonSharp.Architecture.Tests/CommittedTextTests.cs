namespace MuonSharp.Architecture.Tests;

/// <summary>What is committed means the same on every machine.</summary>
public class CommittedTextTests
{
    private const long LargestText = 4 << 20;

    /// <summary>Where somebody's machine keeps things. Put together here, so that this file does not name them itself.</summary>
    private static readonly string[] s_hostFolders =
        [.. new[] { "work", "home", "root", "Users", "mnt", "workspace" }.Select(name => $"/{name}/"), @"C:" + @"\Users"];

    [Fact]
    public void No_file_names_a_path_of_a_machine()
    {
        List<string> wrong = [];
        int read = 0;
        foreach (string file in Repository.Files("").Where(f => new FileInfo(f).Length <= LargestText))
        {
            string text = File.ReadAllText(file);
            if (text.Contains('\0', StringComparison.Ordinal)) continue;
            read++;
            int number = 0;
            foreach (string line in text.Split('\n'))
            {
                number++;
                string? found = s_hostFolders.FirstOrDefault(folder => StartsAPath(line, folder));
                if (found is not null) wrong.Add($"{Repository.Relative(file)}:{number} names {found}");
            }
        }

        Offenders.None("No path of a machine is committed", wrong);
        Assert.True(read > 20, $"Only {read} files were read: the test looked at the wrong folder.");
    }

    [Fact]
    public void No_package_source_is_committed()
    {
        IEnumerable<string> sources = Repository.Files("").Where(f => string.Equals(Path.GetFileName(f), "nuget.config", StringComparison.OrdinalIgnoreCase));
        Offenders.None("No package source is committed", sources.Select(Repository.Relative));
    }

    /// <summary>The folder begins an absolute path: nothing of a longer path or of an address stands before it.</summary>
    private static bool StartsAPath(string line, string folder)
    {
        int at = line.IndexOf(folder, StringComparison.Ordinal);
        return at == 0 || (at > 0 && !char.IsLetterOrDigit(line[at - 1]) && line[at - 1] is not ('.' or '/' or '-' or '_' or '}' or ')' or '*'));
    }
}
