using System.CommandLine;

namespace MuonSharp.Cli.Parsing;

/// <summary>An option that is another way to write a configuration key.</summary>
/// <param name="Option">What the parser knows; given twice, the last one wins.</param>
/// <param name="Key">The dotted key it sets, such as <c>train.steps</c>.</param>
internal sealed record ConfigOption(Option<string[]> Option, string Key)
{
    /// <summary>Makes the option; its values are checked where all values are: by the configuration.</summary>
    public static ConfigOption Of(string name, string key, string helpName, string description) =>
        new(new Option<string[]>(name) { Description = description, HelpName = helpName }, key);
}
