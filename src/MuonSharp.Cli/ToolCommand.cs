using System.CommandLine;

namespace MuonSharp.Cli;

/// <summary>A command and the examples that its help ends with.</summary>
/// <param name="Command">What the parser knows.</param>
/// <param name="Examples">Whole command lines, the most useful first.</param>
internal sealed record ToolCommand(Command Command, string[] Examples);
