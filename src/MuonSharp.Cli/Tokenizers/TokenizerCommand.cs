using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Tokenizers;

/// <summary><c>muonsharp tokenizer</c>: trains a byte pair encoding, turns text into tokens and tokens into text.</summary>
internal static class TokenizerCommand
{
    private const int LeastVocabulary = 257, MostVocabulary = 1_000_000, UsualVocabulary = 4096;

    private static readonly Option<string?> s_tokenizer = new("--tokenizer")
    {
        HelpName = "NAME|FILE",
        Description = "gpt2, byte, a tokenizer.json, or a folder with one, such as a run.",
        Required = true,
    };

    private static readonly Option<string[]> s_data = new("--data")
    {
        HelpName = "PATH",
        Description = "A UTF-8 text: a file, a folder, a pattern, or - for standard input; repeatable.",
        Required = true,
    };

    private static readonly Option<int> s_vocabulary = Numbers.Between(
        "--vocabulary", "Number of tokens: the 256 bytes, the special ones, and merged pairs for the rest.", LeastVocabulary, MostVocabulary, UsualVocabulary);

    private static readonly Option<string[]> s_special = new("--special")
    {
        HelpName = "NAME",
        Description = $"A token that stands for no text; repeatable. [default: {Gpt2Vocabulary.EndOfText}]",
    };

    private static readonly Option<string> s_out = new("--out") { HelpName = "FILE", Description = "The file to write.", DefaultValueFactory = _ => TokenizerFile.Name };

    private static readonly Option<string?> s_text = new("--text") { HelpName = "TEXT", Description = "The text. [default: standard input]" };

    private static readonly Option<bool> s_addSpecial = new("--add-special-tokens") { Description = "Put before and behind the text what the tokenizer's file says." };

    private static readonly Option<string?> s_tokens = new("--tokens") { HelpName = "LIST", Description = "Numbers with spaces or commas between them. [default: standard input]" };

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        Command train = new("train", "Trains a byte-level byte pair encoding on text, and writes it as a Hugging Face tokenizer.json.") { s_data, s_vocabulary, s_special, s_out, s_json };
        train.SetAction(Train);
        Command encode = new("encode", "Prints the tokens of a text.") { s_tokenizer, s_text, s_addSpecial, s_json };
        encode.SetAction(Encode);
        Command decode = new("decode", "Prints the text of tokens.") { s_tokenizer, s_tokens, s_json };
        decode.SetAction(Decode);
        return new(
            new Command("tokenizer", "Trains a tokenizer, or turns text into tokens and back.") { train, encode, decode, ShardCommand.Create(s_tokenizer, s_data, s_json) },
            [
                "muonsharp tokenizer train --data book.txt --vocabulary 4096 --out tokenizer.json",
                "muonsharp tokenizer encode --tokenizer gpt2 --text \"It is a truth\"",
                "muonsharp tokenizer encode --tokenizer tokenizer.json --json < book.txt",
                "muonsharp tokenizer shard --data texts --tokenizer gpt2 --out shards",
                "muonsharp tokenizer decode --tokenizer gpt2 --tokens \"1026 318 257 3872\"",
            ]);
    }

    private static int Train(ParseResult parsed)
    {
        string[] paths = parsed.GetValue(s_data) ?? [];
        DataFiles files = paths.All(path => path.Length > 0) ? new([.. paths]) : throw ToolException.Usage("[tokenizer train] --data takes a path; '' came");
        string path = parsed.GetValue(s_out) is { Length: > 0 } given ? given : throw ToolException.Usage("[tokenizer train] --out takes a path; '' came");
        BytePairTrainer trainer = new(parsed.GetValue(s_special) is { Length: > 0 } special ? special : null);
        trainer.Add(files);
        BytePairTokenizer tokenizer = trainer.Train(parsed.GetValue(s_vocabulary));
        TokenizerFile.Save(tokenizer, path);
        int merges = tokenizer.Definition.Merges.Count;
        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject { ["kind"] = "tokenizer", ["path"] = path, ["vocabulary"] = tokenizer.VocabularySize, ["merges"] = merges });
            return ExitCode.Done;
        }

        Console.Out.WriteLine($"{path}: {Amount.Count(tokenizer.VocabularySize)} tokens, {Amount.Count(merges)} merges");
        return ExitCode.Done;
    }

    private static int Encode(ParseResult parsed)
    {
        ITokenizer tokenizer = TokenizerKinds.Open(parsed.GetValue(s_tokenizer)!);
        bool special = parsed.GetValue(s_addSpecial);
        List<int> tokens = special ? [.. tokenizer.SpecialTokens.Before] : [];
        if (parsed.GetValue(s_text) is { } text)
        {
            tokenizer.EncodeMarked(text, tokens);
        }
        else
        {
            tokens.AddRange(tokenizer.EncodeFile(DataFiles.StandardInput));
        }

        tokens.AddRange(special ? tokenizer.SpecialTokens.Behind : []);
        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject { ["kind"] = "tokens", ["count"] = tokens.Count, ["tokens"] = new JsonArray([.. tokens.Select(token => (JsonNode)token)]) });
            return ExitCode.Done;
        }

        Console.Out.WriteLine(string.Join(' ', tokens));
        return ExitCode.Done;
    }

    private static int Decode(ParseResult parsed)
    {
        ITokenizer tokenizer = TokenizerKinds.Open(parsed.GetValue(s_tokenizer)!);
        string list = parsed.GetValue(s_tokens) ?? TextFile.Read(DataFiles.StandardInput);
        List<int> tokens = [];
        foreach (string word in list.Split([' ', ',', '\n', '\r', '\t', '[', ']'], StringSplitOptions.RemoveEmptyEntries))
        {
            bool known = int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int token) && token < tokenizer.VocabularySize;
            tokens.Add(known ? token : throw new BadInputException($"[tokenizer decode] tokens must be whole numbers from 0 to {tokenizer.VocabularySize - 1}; '{word}' came"));
        }

        string text = tokenizer.DecodeMarked([.. tokens]);
        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject { ["kind"] = "text", ["tokens"] = tokens.Count, ["text"] = text });
            return ExitCode.Done;
        }

        // Into a file or a pipe goes the text and nothing else.
        Console.Out.Write(text);
        if (!Console.IsOutputRedirected)
        {
            Console.Out.WriteLine();
        }

        return ExitCode.Done;
    }
}
