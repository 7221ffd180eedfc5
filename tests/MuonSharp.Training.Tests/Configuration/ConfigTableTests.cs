using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Configuration;

/// <summary>A key is written once: in the file of its section. The page about keys is made of it, and no other table names it.</summary>
public class ConfigTableTests
{
    private const string Begin = "<!-- keys -->";
    private const string End = "<!-- end of keys -->";
    private static readonly string s_root = Root();

    [Fact]
    public void The_page_holds_the_table_that_the_keys_make()
    {
        string path = Path.Combine(s_root, "docs", "configuration.md");
        string page = File.ReadAllText(path).ReplaceLineEndings("\n");
        string expected = $"{page[..page.IndexOf(Begin, StringComparison.Ordinal)]}{Begin}\n{string.Join('\n', ConfigTable.Lines())}\n{page[page.IndexOf(End, StringComparison.Ordinal)..]}";
        if (Environment.GetEnvironmentVariable("MUONSHARP_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Every_key_says_what_it_is() => Assert.All(ConfigKeys.All, key =>
    {
        Assert.NotEmpty(key.Help);
        Assert.NotEmpty(key.Rule);
        Assert.False(char.IsPunctuation(key.Help[^1]) && key.Help[^1] is not (')' or '`'), $"{key.Name}: no full stop at the end");
        Assert.True(key.UsedWhen is null || ConfigKeys.Find(key.UsedWhen.Key) is not null, key.Name);
    });

    [Fact]
    public void A_new_key_needs_one_line_in_one_file()
    {
        (string Name, string Text)[] files = [.. Directory.GetFiles(Path.Combine(s_root, "src", "MuonSharp.Training", "Configuration"), "*.cs").Select(path => (Path.GetFileName(path), File.ReadAllText(path)))];
        Assert.All(ConfigKeys.All.Where(key => key.Name != "preset" && !IsOption(key)), key =>
        {
            int dot = key.Name.LastIndexOf('.') + 1;
            string[] declaring = [.. files.Where(file => file.Text.Contains($"\"{key.Name[..dot]}\"", StringComparison.Ordinal) && file.Text.Contains($"Key(\"{key.Name[dot..]}\",", StringComparison.Ordinal)).Select(file => file.Name)];
            string section = Assert.Single(declaring);
            Assert.EndsWith("Section.cs", section, StringComparison.Ordinal);
            Assert.All(files.Where(file => file.Text.Contains($"\"{key.Name}\"", StringComparison.Ordinal)), file => Assert.Equal(section, file.Name));
        });
    }

    [Fact]
    public void An_option_of_an_optimizer_needs_one_line_beside_it()
    {
        string all = string.Concat(Directory.GetFiles(Path.Combine(s_root, "src", "MuonSharp.Training"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        string[] names = [.. ConfigKeys.All.Where(IsOption).Select(key => key.Name[(key.Name.LastIndexOf('.') + 1)..]).Distinct()];
        Assert.NotEmpty(names);
        Assert.All(names.Except(["beta1", "beta2", "epsilon"]), name => Assert.DoesNotContain($"\"{name}\"", all, StringComparison.Ordinal));
    }

    /// <summary>Whether a key is an option's that no property of the section holds.</summary>
    private static bool IsOption(ConfigKey key) =>
        OptimizerDescriptors.All.SelectMany(optimizer => optimizer.Keys).Select(option => $"optimizer.{option.Name}")
            .Concat(OptimizerDescriptors.AdamW.Keys.Select(option => $"optimizer.auxiliary.{option.Name}"))
            .Except(["optimizer.learningRate", "optimizer.momentum", "optimizer.weightDecay", "optimizer.orthogonalizer"])
            .Except(new[] { "learningRate", "beta1", "beta2", "epsilon", "weightDecay" }.Select(name => $"optimizer.auxiliary.{name}"))
            .Contains(key.Name, StringComparer.Ordinal);

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MuonSharp.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The repository's root must be above the tests.");
    }
}
