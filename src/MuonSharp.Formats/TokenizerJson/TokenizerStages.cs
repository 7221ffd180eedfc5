namespace MuonSharp.Formats;

/// <summary>Reads the stages around the model: normalizer, pre-tokenizer, decoder, post-processor.</summary>
internal static class TokenizerStages
{
    private const int MostStages = 64;
    private static readonly string s_space = TokenizerJson.Space.ToString();

    /// <summary>What normalizer, pre-tokenizer and decoder say.</summary>
    public static TokenizerDefinition Read(JsonEntry json, TokenizerDefinition definition) =>
        definition.Scheme == TokenizerScheme.ByteLevel ? ReadByteLevel(json, definition) : ReadByteFallback(json, definition);

    private static TokenizerDefinition ReadByteLevel(JsonEntry json, TokenizerDefinition definition)
    {
        List<JsonEntry> normalizers = Stages(json["normalizer"], "normalizers");
        foreach (JsonEntry stage in normalizers)
        {
            stage.RefuseUnknown("type")["type"].Choice("NFC");
        }

        List<string> patterns = [];
        List<JsonEntry> cuts = Stages(json["pre_tokenizer"], "pretokenizers");
        if (cuts.Count == 0)
        {
            throw json["pre_tokenizer"].Wrong("one with ByteLevel, unless model.byte_fallback is true");
        }

        patterns.AddRange(cuts[..^1].Select(Cut));
        JsonEntry last = cuts[^1].RefuseUnknown("type", "add_prefix_space", "trim_offsets", "use_regex");
        last["type"].Choice("ByteLevel");
        if (last["add_prefix_space"].Boolean())
        {
            throw last["add_prefix_space"].Wrong("false");
        }

        if (last.Find("use_regex")?.Boolean() ?? true)
        {
            patterns.Add(TokenizerJson.Gpt2Pattern);
        }

        JsonEntry decoder = json["decoder"];
        decoder.RefuseUnknown("type", "add_prefix_space", "trim_offsets", "use_regex")["type"].Choice("ByteLevel");
        return definition with { SplitPatterns = patterns, ComposesCharacters = normalizers.Count > 0 };
    }

    /// <summary>The expression of a stage that cuts.</summary>
    private static string Cut(JsonEntry stage)
    {
        if (stage["type"].Choice("Split", "Digits") == "Digits")
        {
            return stage.RefuseUnknown("type", "individual_digits")["individual_digits"].Boolean() ? TokenizerJson.DigitPattern : TokenizerJson.DigitPattern + "+";
        }

        stage.RefuseUnknown("type", "pattern", "behavior", "invert")["behavior"].Choice("Isolated");
        TokenizerJson.RefuseTrue(stage, "invert");
        JsonEntry pattern = stage["pattern"].RefuseUnknown("Regex")["Regex"];
        return SplitPattern.Problem(pattern.TextNotEmpty()) is { } problem ? throw pattern.Wrong($"an expression that means the same here; {problem}") : SplitPattern.WithEscapes(pattern.Text());
    }

    private static TokenizerDefinition ReadByteFallback(JsonEntry json, TokenizerDefinition definition)
    {
        JsonEntry normalizer = json["normalizer"], cut = json["pre_tokenizer"], decoder = json["decoder"];
        if (definition.IgnoresMerges)
        {
            throw json["model"]["ignore_merges"].Wrong("false with byte_fallback");
        }

        PrefixSpace prefix;
        if (cut.IsSet)
        {
            List<JsonEntry> stages = Stages(cut, "pretokenizers");
            JsonEntry metaspace = stages is [var only] ? only.RefuseUnknown("type", "replacement", "prepend_scheme", "split") : throw cut.Wrong("null or Metaspace with byte_fallback");
            metaspace["type"].Choice("Metaspace");
            metaspace["replacement"].Choice(s_space);
            TokenizerJson.RefuseTrue(metaspace, "split");
            _ = metaspace["split"].Boolean();
            prefix = metaspace["prepend_scheme"].Choice("never", "first") == "never" ? PrefixSpace.Never : PrefixSpace.First;
            if (Stages(normalizer, "normalizers").Count > 0)
            {
                throw normalizer.Wrong("null with Metaspace");
            }
        }
        else
        {
            List<JsonEntry> stages = Stages(normalizer, "normalizers");
            prefix = stages.Count == 2 ? PrefixSpace.Always : PrefixSpace.Never;
            if (prefix == PrefixSpace.Always)
            {
                stages[0].RefuseUnknown("type", "prepend")["type"].Choice("Prepend");
                stages[0]["prepend"].Choice(s_space);
            }

            ReadReplace(stages.Count is 1 or 2 ? stages[^1] : throw normalizer.Wrong("Prepend and Replace, or Replace, with byte_fallback"), " ", s_space);
        }

        List<JsonEntry> decoders = Stages(decoder, "decoders");
        if (decoders.Count != (prefix == PrefixSpace.Never ? 3 : 4))
        {
            throw decoder.Wrong(prefix == PrefixSpace.Never ? "Replace, ByteFallback, Fuse" : "Replace, ByteFallback, Fuse, Strip");
        }

        ReadReplace(decoders[0], s_space, " ");
        decoders[1].RefuseUnknown("type")["type"].Choice("ByteFallback");
        decoders[2].RefuseUnknown("type")["type"].Choice("Fuse");
        if (prefix != PrefixSpace.Never)
        {
            JsonEntry strip = decoders[3].RefuseUnknown("type", "content", "start", "stop");
            strip["type"].Choice("Strip");
            strip["content"].Choice(" ");
            _ = strip["start"].Integer(1, 1) + strip["stop"].Integer(0, 0);
        }

        return definition with { PrefixSpace = prefix };
    }

    /// <summary>What the post-processor says.</summary>
    public static TokenizerDefinition ReadTemplate(JsonEntry json, TokenizerDefinition definition)
    {
        List<JsonEntry> stages = Stages(json["post_processor"], "processors");
        List<int>? before = null;
        List<int> behind = [];
        foreach (JsonEntry stage in stages)
        {
            if (stage["type"].Choice("ByteLevel", "TemplateProcessing") == "ByteLevel")
            {
                stage.RefuseUnknown("type", "add_prefix_space", "trim_offsets", "use_regex");
                continue;
            }

            stage.RefuseUnknown("type", "single", "pair", "special_tokens");
            before = before is null ? [] : throw stage.Wrong("the only TemplateProcessing");
            bool seen = false;
            foreach (JsonEntry part in stage["single"].Items(1, MostStages))
            {
                part.RefuseUnknown("SpecialToken", "Sequence");
                if (part.Find("Sequence") is { } sequence)
                {
                    sequence.RefuseUnknown("id", "type_id")["id"].Choice("A");
                    seen = !seen ? true : throw part.Wrong("the only Sequence");
                    continue;
                }

                JsonEntry name = part["SpecialToken"].RefuseUnknown("id", "type_id")["id"];
                JsonEntry ids = stage["special_tokens"][name.Text()].RefuseUnknown("id", "ids", "tokens")["ids"];
                (seen ? behind : before).AddRange(ids.Items(1, MostStages).Select(id => id.Integer(0, definition.Size - 1)));
            }

            _ = seen ? stage : throw stage["single"].Wrong("a list with a Sequence");
        }

        return definition with { TokensBefore = before ?? [], TokensBehind = behind, HasTemplate = before is not null };
    }

    private static void ReadReplace(JsonEntry stage, string from, string to)
    {
        stage.RefuseUnknown("type", "pattern", "content")["type"].Choice("Replace");
        stage["pattern"].RefuseUnknown("String")["String"].Choice(from);
        stage["content"].Choice(to);
    }

    /// <summary>A stage that is a sequence of others is these; none at all is an empty list.</summary>
    private static List<JsonEntry> Stages(JsonEntry entry, string list)
    {
        List<JsonEntry> flat = [];
        Add(entry);
        return flat;

        void Add(JsonEntry stage)
        {
            if (!stage.IsSet)
            {
                return;
            }

            if (stage["type"].Text() != "Sequence")
            {
                flat.Add(flat.Count < MostStages ? stage : throw entry.Wrong($"at most {MostStages} stages"));
                return;
            }

            foreach (JsonEntry inner in stage.RefuseUnknown("type", list)[list].Items(0, MostStages))
            {
                Add(inner);
            }
        }
    }
}
