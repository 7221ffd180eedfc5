using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Tokenizers;

/// <summary><c>muonsharp tokenizer shard</c>: makes files of tokens of texts.</summary>
internal static class ShardCommand
{
    private static readonly Option<string> s_out = new("--out") { HelpName = "DIR", Description = "The folder to write.", Required = true };

    private static readonly Option<int> s_tokens = Numbers.Between("--shard-tokens", "Tokens of each shard but the last.", 1, 1_000_000_000, 100_000_000);

    /// <summary>The command, ready to be added to <c>tokenizer</c>.</summary>
    public static Command Create(Option<string?> tokenizer, Option<string[]> data, Option<bool> json)
    {
        Command command = new("shard", "Encodes texts into shards of tokens, as llm.c and modded-nanogpt write them; train --data DIR reads them.") { data, tokenizer, s_out, s_tokens, json };
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetValue(data) ?? [];
            string folder = parsed.GetValue(s_out)!;
            if (folder.Length == 0 || paths.Any(path => path.Length == 0))
            {
                throw ToolException.Usage("[tokenizer shard] --data and --out take a path; '' came");
            }

            (int shards, long tokens) = TokenSharding.Write(new([.. paths]), TokenizerKinds.Open(parsed.GetValue(tokenizer)!), folder, parsed.GetValue(s_tokens));
            if (parsed.GetValue(json))
            {
                JsonLines.Write(new JsonObject { ["kind"] = "shards", ["path"] = folder, ["shards"] = shards, ["tokens"] = tokens });
            }
            else
            {
                Console.Out.WriteLine($"{folder}: {Amount.Count(tokens)} tokens in {Amount.Count(shards)} shard{(shards == 1 ? "" : "s")}");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
